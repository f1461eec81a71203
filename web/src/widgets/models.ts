/** The models of the widgets of one session, as its messages tell of them. Thinking only: no sending, no drawing.
 *
 *  Of a model its state is kept, not its messages, so that a view that is shown late begins with what is so now.
 *  All of it comes from a session and is hostile: shapes are checked, and sizes counted.
 */
import { fieldsOf, listOf, readFields, textOf, type Fields } from "../content";
import { fromBase64 } from "../worksheets/base64";
import type { CommEvent } from "./line";

/** Bytes of all models together; beyond, those that were changed longest ago are forgotten. */
const MOST_BYTES = 128 << 20;
const MOST_MODELS = 10_000;
/** Models that one view may need. */
const MOST_NEEDED = 2_000;

const REFERENCE = /"IPY_MODEL_([\w-]{1,64})"|"model_id":\s*"([\w-]{1,64})"/g;

interface Attribute {
  value: unknown;
  /** Other models that it names. */
  names: string[];
  buffers: { path: unknown[]; buffer: ArrayBuffer }[];
  bytes: number;
}

interface Model {
  target: string;
  metadata: Fields;
  attributes: Map<string, Attribute>;
  bytes: number;
}

/** A model as a frame is told of it. */
export interface ToldModel {
  comm: string;
  target: string;
  metadata: Fields;
  data: { state: Fields; buffer_paths: unknown[][] };
  buffers: ArrayBuffer[];
}

/** What has happened to a model. */
export interface Change {
  comm: string;
  what: "opened" | "message" | "closed";
  data: Fields;
  buffers: ArrayBuffer[];
  /** Name of the message that it follows from. */
  parent: string;
}

export class Models {
  readonly #models = new Map<string, Model>();
  #bytes = 0;

  has(id: string): boolean {
    return this.#models.has(id);
  }

  /** Takes a message; undefined if it is not about a model that is known. */
  take(event: CommEvent): Change | undefined {
    const content = readFields(event.body);
    const comm = textOf(content["comm_id"]);
    const data = fieldsOf(content["data"]);
    if (comm === "") return undefined;
    const buffers = (event.buffers ?? []).map((text) => new Uint8Array(fromBase64(text)).buffer);
    const change = { comm, data, buffers, parent: textOf(content["parent"]) };
    if (event.output_kind === "comm_open") {
      this.open(comm, textOf(content["target_name"]), fieldsOf(content["metadata"]), data, buffers);
      return { ...change, what: "opened" };
    }
    const model = this.#models.get(comm);
    if (event.output_kind === "comm_close") {
      this.#forget(comm);
      return { ...change, what: "closed" };
    }
    if (model !== undefined && (data["method"] === "update" || data["method"] === "echo_update")) this.#change(comm, model, data, buffers);
    return { ...change, what: "message" };
  }

  open(comm: string, target: string, metadata: Fields, data: Fields, buffers: ArrayBuffer[]): void {
    this.#forget(comm);
    const model: Model = { target, metadata, attributes: new Map(), bytes: 0 };
    this.#models.set(comm, model);
    this.#change(comm, model, data, buffers);
  }

  /** Returns the models that a view of one needs: those that it names, and those that name them; and links of these. */
  needed(id: string): Set<string> {
    const needed = new Set<string>();
    const open = [id];
    const add = () => {
      for (let next = open.pop(); next !== undefined && needed.size < MOST_NEEDED; next = open.pop()) {
        const model = this.#models.get(next);
        if (model === undefined || needed.has(next)) continue;
        needed.add(next);
        open.push(...namesOf(model));
      }
    };
    add();
    for (const [link, model] of this.#models) {
      if (needed.has(link) || !/LinkModel$/.test(textOf(model.attributes.get("_model_name")?.value))) continue;
      if (!namesOf(model).some((name) => needed.has(name))) continue;
      open.push(link);
      add();
    }
    return needed;
  }

  /** Returns a model as it is now. */
  told(comm: string): ToldModel | undefined {
    const model = this.#models.get(comm);
    if (model === undefined) return undefined;
    const all = [...model.attributes.values()].flatMap(({ buffers }) => buffers);
    const state = Object.fromEntries([...model.attributes].map(([name, { value }]) => [name, value]));
    return { comm, target: model.target, metadata: model.metadata, data: { state, buffer_paths: all.map(({ path }) => path) }, buffers: all.map(({ buffer }) => buffer) };
  }

  #change(comm: string, model: Model, data: Fields, buffers: ArrayBuffer[]): void {
    const paths = listOf(data["buffer_paths"]).map(listOf);
    for (const [name, value] of Object.entries(fieldsOf(data["state"]))) {
      const text = JSON.stringify(value);
      const own = paths.flatMap((path, place) => {
        const buffer = buffers[place];
        return path[0] === name && buffer !== undefined ? [{ path, buffer }] : [];
      });
      this.#set(model, name, { value, names: namesIn(text), buffers: own, bytes: text.length + own.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) });
    }
    // An attribute that is one buffer stands in the paths alone.
    for (const [place, path] of paths.entries()) {
      const buffer = buffers[place];
      if (path.length !== 1 || buffer === undefined) continue;
      this.#set(model, textOf(path[0]), { value: null, names: [], buffers: [{ path, buffer }], bytes: buffer.byteLength });
    }
    // The one that was changed last is forgotten last.
    this.#models.delete(comm);
    this.#models.set(comm, model);
    for (const oldest of this.#models.keys()) {
      if ((this.#bytes <= MOST_BYTES && this.#models.size <= MOST_MODELS) || oldest === comm) break;
      this.#forget(oldest);
    }
  }

  #set(model: Model, name: string, attribute: Attribute): void {
    const added = attribute.bytes - (model.attributes.get(name)?.bytes ?? 0);
    model.attributes.set(name, attribute);
    model.bytes += added;
    this.#bytes += added;
  }

  #forget(comm: string): void {
    this.#bytes -= this.#models.get(comm)?.bytes ?? 0;
    this.#models.delete(comm);
  }
}

function namesOf(model: Model): string[] {
  return [...model.attributes.values()].flatMap(({ names }) => names);
}

function namesIn(text: string): string[] {
  return [...text.matchAll(REFERENCE)].map(([, one, other]) => one ?? other ?? "");
}
