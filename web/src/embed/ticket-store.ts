/** What is kept of a session that cells share by its name: its ticket, in the storage of the page's own origin, so that
 *  other pages of one book join it. Code and outputs are not kept: the page has the code, the session the outputs.
 */
import { fieldsOf, textOf } from "../content";
import type { Ticket } from "../session";
import type { Keeping, Stored, StoredCell } from "../store";
import { at } from "../site";

export class TicketStore implements Keeping {
  readonly #key: string;
  /** The page's own cells, which no other page may change. */
  cells: () => StoredCell[];

  constructor(name: string, first: StoredCell) {
    this.#key = `sagews.session ${at("")} ${name}`;
    this.cells = () => [first];
  }

  load(): Stored {
    return { cells: this.cells(), isApart: false, ticket: this.#ticket(storage()?.getItem(this.#key)), removed: [] };
  }

  save({ ticket }: Stored): void {
    try {
      if (ticket === undefined) storage()?.removeItem(this.#key);
      else storage()?.setItem(this.#key, JSON.stringify(ticket));
    } catch {
      // There is no room for it: the session is this page's alone.
    }
  }

  /** Calls `changed` when another page has begun another session. */
  watch(changed: (document: Stored) => void): void {
    addEventListener("storage", (event) => {
      if (event.key === this.#key && event.newValue !== null) changed(this.load());
    });
  }

  #ticket(text: string | null | undefined): Ticket | undefined {
    try {
      const fields = fieldsOf(JSON.parse(text ?? "") as unknown);
      const session = textOf(fields["session"]);
      return session === "" ? undefined : { session, token: textOf(fields["token"]) };
    } catch {
      return undefined;
    }
  }
}

/** Undefined where it is switched off, as for frames of other sites in some browsers. */
function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
