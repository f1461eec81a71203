/** Where a page keeps what it must not forget: the code of its cells, and the ticket of its session.
 *
 *  Nothing of it goes to the server. The plain page has one document for the whole browser, so that a second
 *  tab shows the same cells and the same session; a page that was opened by a link with code has a document of
 *  its own for as long as its tab lives, so that a link never overwrites what the reader has at home.
 */
import { fieldsOf, textOf, type Fields } from "./content";
import type { RunStanding } from "./evaluation";
import type { Ticket } from "./session";

export interface StoredCell {
  id: string;
  code: string;
  language: string;
  /** Its latest evaluation, in case that the session no longer knows to which cell it belongs. */
  evaluation: { id: string; code: string; language: string; run?: RunStanding | undefined } | undefined;
}

export interface Stored {
  cells: StoredCell[];
  /** Each cell is evaluated by itself. */
  isApart: boolean;
  ticket: Ticket | undefined;
  /** Cells that were removed while the session knew them: a replay must not bring them back. */
  removed: string[];
}

/** What a notebook keeps its document by. */
export type Keeping = Pick<Store, "save" | "watch"> & { load(): Stored | undefined };

const KEY = "sagews.document";

export class Store {
  /** Undefined where the reader has switched storage off: then the page forgets with its tab. */
  readonly #storage: Storage | undefined;
  readonly #key: string;

  private constructor(storage: () => Storage, key: string) {
    this.#key = key;
    try {
      this.#storage = storage();
    } catch {
      this.#storage = undefined;
    }
  }

  /** The document of the plain page, common to all its tabs. */
  static common(): Store {
    return new Store(() => localStorage, KEY);
  }

  /** The document of a page that was opened by this query. */
  static ofLink(query: string): Store {
    return new Store(() => sessionStorage, `${KEY}${query}`);
  }

  load(): Stored | undefined {
    const text = this.#storage?.getItem(this.#key) ?? null;
    return text === null ? undefined : read(text);
  }

  /** Keeps the document. */
  save(document: Stored): void {
    try {
      this.#storage?.setItem(this.#key, JSON.stringify(document));
    } catch {
      // There is no room for it. The page works on, and forgets it with its tab.
    }
  }

  /** Calls `changed` when another tab has saved the document. */
  watch(changed: (document: Stored) => void): void {
    addEventListener("storage", (event) => {
      if (event.storageArea !== this.#storage || event.key !== this.#key || event.newValue === null) return;
      const document = read(event.newValue);
      if (document !== undefined) changed(document);
    });
  }
}

function read(text: string): Stored | undefined {
  let fields;
  try {
    fields = fieldsOf(JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
  const cells = Array.isArray(fields["cells"]) ? fields["cells"].map(fieldsOf) : [];
  const ticket = fieldsOf(fields["ticket"]);
  const session = textOf(ticket["session"]);
  return {
    cells: cells.map(readCell).filter((cell) => cell.id !== ""),
    isApart: fields["isApart"] === true,
    ticket: session === "" ? undefined : { session, token: textOf(ticket["token"]) },
    removed: Array.isArray(fields["removed"]) ? fields["removed"].map(textOf) : [],
  };
}

function readCell(fields: Fields): StoredCell {
  const evaluation = fieldsOf(fields["evaluation"]);
  const id = textOf(evaluation["id"]);
  return {
    id: textOf(fields["id"]),
    ...readCode(fields),
    evaluation: id === "" ? undefined : { id, ...readCode(evaluation), run: evaluation["run"] as RunStanding | undefined },
  };
}

function readCode(fields: Fields): { code: string; language: string } {
  return { code: textOf(fields["code"]), language: textOf(fields["language"]) };
}
