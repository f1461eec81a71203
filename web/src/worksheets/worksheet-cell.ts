/** One cell of an open worksheet, as the CRDT has it: read here, changed by the document alone. */
import type * as Y from "yjs";

import { Watched } from "../watch";

export type CellType = "code" | "markdown" | "raw";

/** A cell as plain values, such as the clipboard holds it. Whatever else there is at it is text of JSON, by name. */
export interface CellValues {
  id: string;
  type: CellType;
  source: string;
  maps: Readonly<Record<CellMap, Readonly<Record<string, string>>>>;
}

/** What a cell has beside its source, as the server checks it: `metadata` is always there. */
export const CELL_MAPS = ["metadata", "attachments", "rest"] as const;
type CellMap = (typeof CELL_MAPS)[number];

export class WorksheetCell extends Watched {
  #text: string | undefined;

  constructor(
    readonly map: Y.Map<unknown>,
    /** Its id in this worksheet: the second of two with one id has another one, as the server has it. */
    readonly id: string,
  ) {
    super();
  }

  get type(): CellType {
    const type = this.map.get("cell_type");
    return type === "markdown" || type === "raw" ? type : "code";
  }

  get source(): Y.Text {
    return this.map.get("source") as Y.Text;
  }

  get text(): string {
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- a text of Yjs is that
    this.#text ??= this.source.toString();
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.text.trim() === "";
  }

  /** Returns what the metadata has under a name; undefined if it has nothing. */
  metadata(name: string): unknown {
    const text = (this.map.get("metadata") as Y.Map<string> | undefined)?.get(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return undefined;
    }
  }

  /** Whether its source is folded, as JupyterLab keeps it. */
  get hidesSource(): boolean {
    return this.#jupyter["source_hidden"] === true;
  }

  /** Whether its outputs are folded, as JupyterLab or the classic notebook keep it. */
  get hidesOutputs(): boolean {
    return this.#jupyter["outputs_hidden"] === true || this.metadata("collapsed") === true;
  }

  get values(): CellValues {
    const mapOf = (name: CellMap) => (this.map.get(name) as Y.Map<string> | undefined)?.toJSON() ?? {};
    return { id: this.id, type: this.type, source: this.text, maps: { metadata: mapOf("metadata"), attachments: mapOf("attachments"), rest: mapOf("rest") } };
  }

  /** Something of it is another now. */
  happened(): void {
    this.#text = undefined;
    this.changed();
  }

  get #jupyter(): Record<string, unknown> {
    const value = this.metadata("jupyter");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  }
}
