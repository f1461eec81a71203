/** What the page of a file's history asks the API. All of it comes from people and is hostile: text, and nothing else. */
import { fieldsOf, listOf, numberOf, textOf } from "../content";
import { t } from "../language";
import { encoded, type Ask } from "../workspaces/ask";

export interface Version {
  id: string;
  author: string;
  /** What it says is the author's address. */
  email: string;
  /** `saved`: made here, so that its author is who it says; `pushed`, `imported`, or empty: it may say anything. */
  came: string;
  /** Who pushed or imported it; empty: nobody knows. */
  bringer: string;
  /** Seconds since the epoch. */
  time: number;
  message: string;
}

export interface Line {
  kind: string;
  text: string;
}

export interface Cell {
  id: string;
  number: number;
  type: string;
  change: string;
  isMoved: boolean;
  lines: Line[];
  outputs: boolean;
  metadata: boolean;
}

export interface Difference {
  kind: string;
  cells: Cell[];
  metadata: boolean;
  isCut: boolean;
}

/** Versions that are asked for at once. */
const PAGE = 50;

/** The versions of one file. */
export class Versions {
  readonly #ask: Ask;
  readonly #where: string;
  readonly #path: string;

  constructor(ask: Ask, workspace: string, path: string) {
    this.#ask = ask;
    this.#where = `/${encodeURIComponent(workspace)}`;
    this.#path = path;
  }

  /** Returns a page of them, the newest first, after so many; `from`: the version of the workspace at which they begin. */
  async page(from: string, skip: number): Promise<{ from: string; versions: Version[]; more: boolean }> {
    const query = new URLSearchParams({ path: this.#path, skip: String(skip), limit: String(PAGE) });
    if (from !== "") query.set("version", from);
    const page = await this.#ask.json("GET", `${this.#where}/history?${query.toString()}`);
    return { from: textOf(page["version"]), versions: listOf(page["commits"]).map(fieldsOf).map(versionOf), more: page["more"] === true };
  }

  /** Returns in what a version differs from an older one; undefined: from nothing. */
  async difference(old: string | undefined, version: string): Promise<Difference> {
    const query = new URLSearchParams({ path: this.#path, new: version, ...(old === undefined ? {} : { old }) });
    const found = await this.#ask.json("GET", `${this.#where}/differences?${query.toString()}`);
    const cells = listOf(found["cells"]).map(fieldsOf).map(cellOf);
    return { kind: textOf(found["kind"]), cells, metadata: found["metadata"] === true, isCut: found["cut"] === true };
  }

  /** Brings one back; returns what was not as it was asked. */
  async restore(version: string): Promise<string[]> {
    const saved = await this.#ask.json("POST", `${this.#where}/restored`, { path: this.#path, version });
    return Object.values(fieldsOf(saved["copies"])).map((path) => t("Others had changed it: what you brought back is {path}.", { path: textOf(path) }));
  }

  /** Returns what the file has in a version. */
  async content(version: string): Promise<Blob> {
    return this.#ask.blob(`${this.#where}/files/${encoded(this.#path)}?${new URLSearchParams({ version }).toString()}`);
  }
}

function versionOf(fields: Record<string, unknown>): Version {
  const [id, author, email, came, bringer, message] = ["version", "author", "email", "came", "bringer", "message"].map((name) => textOf(fields[name]));
  return { id: id ?? "", author: author ?? "", email: email ?? "", came: came ?? "", bringer: bringer ?? "", message: message ?? "", time: numberOf(fields["time"]) };
}

function cellOf(fields: Record<string, unknown>): Cell {
  const lines = listOf(fields["lines"]).map(fieldsOf).map((line) => ({ kind: textOf(line["kind"]), text: textOf(line["text"]) }));
  const [id, type, change] = ["id", "cell_type", "change"].map((name) => textOf(fields[name]));
  return {
    id: id ?? "",
    type: type ?? "",
    change: change ?? "",
    lines,
    number: numberOf(fields["number"]),
    isMoved: fields["moved"] === true,
    outputs: fields["outputs"] === true,
    metadata: fields["metadata"] === true,
  };
}
