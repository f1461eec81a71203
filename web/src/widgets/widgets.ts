/** The widgets of one session: their models, and the frames that show views of them.
 *
 *  Several frames may show one model. Each has its own copy of it; what one changes goes to the session, whose echo
 *  changes the others. A view whose model is not known is shown as soon as it is: the session is asked for the
 *  states of all its widgets, once, since what the page has may begin after the model was made.
 */
import { fieldsOf, listOf, textOf, type Fields, type MimeBundle } from "../content";
import { framed, type FrameOwner } from "../frame-view";
import { t } from "../language";
import { passed } from "./gate";
import type { CommEvent, CommLine, ViewPlace } from "./line";
import { Models, type Change } from "./models";
import { Outbox } from "./outbox";
import { Standing } from "./standing";

const CONTROL = "jupyter.widget.control";
/** Milliseconds after which the text of a view is shown whose model has not come. */
const PATIENCE = 1_500;

/** The session is asked for states at most so often, after so many milliseconds. */
const ASKED_AT_MOST = 5;
const FIRST_ASKED_AFTER = 300;
const ASKED_AGAIN_AFTER = 3_000;

const sessions = new WeakMap<CommLine, Widgets>();

/** Returns an element that shows the view of a widget, and its text where that cannot be. */
export function widgetView(bundle: MimeBundle, place: ViewPlace, text: () => Node[]): HTMLElement {
  const known = sessions.get(place.line);
  const widgets = known ?? new Widgets(place.line);
  if (known === undefined) sessions.set(place.line, widgets);
  const id = textOf(fieldsOf(bundle.data["application/vnd.jupyter.widget-view+json"])["model_id"]);
  const element = document.createElement("div");
  element.className = "widget";
  const tooLong = setTimeout(() => { element.replaceChildren(...text()); }, PATIENCE);
  widgets.whenKnown(id, () => {
    clearTimeout(tooLong);
    element.replaceChildren(...widgets.shown(id, place.evaluation));
  });
  return element;
}

/** Returns what a page knows of the state of a widget; undefined if no view has been shown of its session. */
export function stateOf(line: CommLine, id: string): Fields | undefined {
  return sessions.get(line)?.stateOf(id);
}

class Widgets {
  readonly #line: CommLine;
  readonly #models = new Models();
  readonly #outbox: Outbox;
  readonly #views = new Set<WeakRef<View>>();
  readonly #awaited = new Map<string, (() => void)[]>();
  #control = "";
  #isAsking = false;

  constructor(line: CommLine) {
    this.#line = line;
    this.#outbox = new Outbox(line);
    line.listen((event) => { this.#hear(event); });
    const stop = line.watch(() => {
      for (const view of this.#shown()) view.look();
      if (line.hasEnded) stop();
    });
  }

  stateOf(id: string): Fields | undefined {
    return this.#models.told(id)?.data.state;
  }

  whenKnown(id: string, act: () => void): void {
    if (this.#models.has(id)) {
      act();
      return;
    }
    this.#awaited.set(id, [...(this.#awaited.get(id) ?? []), act]);
    void this.#askForStates();
  }

  /** Returns what shows a view. */
  shown(id: string, evaluation: string): HTMLElement[] {
    const view = new View(id, evaluation, this.#line, this.#models, this.#outbox);
    this.#views.add(new WeakRef(view));
    const frame = framed(view, t("Controls of this output"));
    view.frame = frame;
    return [frame, view.standing.element];
  }

  #hear(event: CommEvent): void {
    const change = this.#models.take(event);
    if (change === undefined) return;
    if (change.comm === this.#control) this.#takeStates(change);
    else if (change.what === "opened") this.#known(change.comm);
    else for (const view of this.#shown()) view.hear(change);
  }

  #known(id: string): void {
    const awaiting = this.#awaited.get(id) ?? [];
    this.#awaited.delete(id);
    // What it names is told right after it, or was before: it is shown when all of it is there.
    if (awaiting.length > 0) setTimeout(() => { for (const act of awaiting) act(); });
  }

  /** Asks for the states of all widgets, unless what is awaited comes by itself. */
  async #askForStates(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    for (let time = 0; time < ASKED_AT_MOST; time += 1) {
      await pause(time === 0 ? FIRST_ASKED_AFTER : ASKED_AGAIN_AFTER);
      if (this.#awaited.size === 0 || this.#line.hasEnded) break;
      if (this.#line.mayTell && (await this.#ask())) break;
    }
    this.#isAsking = false;
  }

  async #ask(): Promise<boolean> {
    this.#control = crypto.getRandomValues(new Uint32Array(3)).join("-");
    const tell = (comm_kind: "open" | "message" | "close", content: Fields) => this.#line.tell("", { comm_kind, body: JSON.stringify({ comm_id: this.#control, ...content }), buffers: [] });
    return (await tell("open", { target_name: CONTROL, data: {}, metadata: { version: "1.0.0" } })) && (await tell("message", { data: { method: "request_states" } })) && tell("close", { data: {} });
  }

  #takeStates({ data, buffers }: Change): void {
    if (data["method"] !== "update_states") return;
    const paths = listOf(data["buffer_paths"]).map(listOf);
    for (const [id, told] of Object.entries(fieldsOf(data["states"]))) {
      if (this.#models.has(id)) continue;
      const own = paths.map((path, place) => ({ path, place })).filter(({ path }) => path[0] === id);
      const content = { state: fieldsOf(told)["state"], buffer_paths: own.map(({ path }) => path.slice(1)) };
      this.#models.open(id, "jupyter.widget", { version: "2.1.0" }, content, own.flatMap(({ place }) => buffers[place] ?? []));
      this.#known(id);
    }
  }

  *#shown(): Iterable<View> {
    for (const reference of this.#views) {
      const view = reference.deref();
      if (view === undefined) this.#views.delete(reference);
      else yield view;
    }
  }
}

/** One view: what its frame is told, and what that may say. */
class View implements FrameOwner {
  frame: HTMLIFrameElement | undefined;
  readonly standing: Standing;
  readonly #id: string;
  readonly #evaluation: string;
  readonly #line: CommLine;
  readonly #models: Models;
  readonly #outbox: Outbox;
  readonly #told = new Set<string>();
  #isReady = false;
  #isWatched: boolean;

  constructor(id: string, evaluation: string, line: CommLine, models: Models, outbox: Outbox) {
    this.#id = id;
    this.#evaluation = evaluation;
    this.#line = line;
    this.#models = models;
    this.#outbox = outbox;
    this.standing = new Standing(line);
    this.#isWatched = this.standing.isWatched;
  }

  /** Of a frame that was moved in the page the browser makes a new one, which begins anew. */
  show(): Fields {
    this.#isReady = true;
    this.#told.clear();
    return { widget: this.#id, isDark: isDark(), isOver: this.#line.hasEnded, isWatched: this.#isWatched, models: this.#tell() };
  }

  hear(change: Change): void {
    if (!this.#isReady || !this.#told.has(change.comm)) return;
    const models = JSON.stringify(change.data).includes("_MODEL_") || change.data["method"] === "update" ? this.#tell() : [];
    this.#post({ kind: "comm", models, ...change });
    if (change.what === "closed") this.#told.delete(change.comm);
  }

  /** Knows whether the session has ended, after which nothing that is changed goes anywhere, and what its reader may. */
  look(): void {
    this.standing.draw();
    if (this.#isReady && this.#line.hasEnded) this.#post({ kind: "over" });
    if (this.#isWatched === this.standing.isWatched) return;
    this.#isWatched = this.standing.isWatched;
    if (this.#isReady) this.#post({ kind: "watched", isWatched: this.#isWatched });
  }

  received(said: Fields): void {
    if (said["kind"] !== "comm") return;
    const message = passed(said, (comm) => this.#told.has(comm));
    // What does not pass counts as taken, so that a frame that waits for that goes on.
    if (message === undefined) this.#handled(textOf(said["message"]).slice(0, 64));
    else void this.standing.during(this.#outbox.put(this.#evaluation, message.message)).then(() => { this.#handled(message.name); });
  }

  /** Returns the models that the frame needs and does not have. */
  #tell(): Fields[] {
    const missing = [...this.#models.needed(this.#id)].filter((id) => !this.#told.has(id));
    return missing.flatMap((id) => {
      const told = this.#models.told(id);
      if (told === undefined) return [];
      this.#told.add(id);
      return [{ ...told }];
    });
  }

  #handled(name: string): void {
    this.#post({ kind: "handled", message: name });
  }

  #post(message: Fields): void {
    // The origin of a sandboxed frame is opaque and cannot be named.
    this.frame?.contentWindow?.postMessage(message, "*");
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds); });
}

/** Whether the page is dark: whoever is to choose colours has to know. */
function isDark(): boolean {
  const paper = getComputedStyle(document.documentElement).getPropertyValue("--paper");
  const [, ...parts] = /^\s*#(..)(..)(..)\s*$/.exec(paper) ?? [];
  return parts.length === 3 && parts.reduce((sum, part) => sum + parseInt(part, 16), 0) < 384;
}
