/** A session that cells share: a notebook of which the page shows the cells that are its own. */
import type { Assistant } from "../assistant";
import { Cell } from "../cell";
import type { Connection } from "../connection";
import type { Evaluation } from "../evaluation";
import { Notebook } from "../notebook";
import type { Session } from "../session";
import type { Keeping, StoredCell } from "../store";
import type { Place } from "./place";
import { TicketStore } from "./ticket-store";

export class Shared implements Place {
  readonly #notebook: Notebook;
  readonly #connection: Connection;

  /** `name`: by which other pages join it; empty: none does. `first`: the first of its cells. */
  constructor(connection: Connection, name: string, first: string) {
    this.#connection = connection;
    const store = name === "" ? NOWHERE : new TicketStore(name, stored(new Cell(first, "")));
    this.#notebook = new Notebook(connection, store, []);
    if (store instanceof TicketStore) store.cells = () => this.#notebook.cells.map(stored);
  }

  get session(): Session | undefined {
    return this.#notebook.session;
  }

  get notice(): string {
    return this.#notebook.notice?.text ?? "";
  }

  cell(id: string, code: string, language: string): Cell {
    // The session may have told of it already, and of cells of other pages.
    let cell = this.#notebook.cells.find((one) => one.id === id);
    if (cell === undefined) {
      cell = new Cell(id, code, language);
      this.#notebook.cells = [...this.#notebook.cells, cell];
    }
    cell.write(code, language);
    return cell;
  }

  evaluate(cell: Cell): void {
    this.#notebook.evaluate(cell);
  }

  /** What runs in the session, and with it what waits there. */
  stop(): void {
    this.#notebook.stop();
  }

  reply(evaluation: Evaluation, sequence: number, text: string): void {
    this.#notebook.reply(evaluation, sequence, text);
  }

  forget(cell: Cell): void {
    if (cell.isBusy) this.stop();
  }

  watch(watcher: () => void): () => void {
    return this.#notebook.watch(watcher);
  }

  readonly assistant: Assistant = {
    isFree: () => this.#connection.state === "open" && this.session?.state === "live" && this.#notebook.pending.length === 0,
    complete: async (code, cursor) => this.session?.complete(code, cursor),
    inspect: async (code, cursor) => this.session?.inspect(code, cursor),
  };
}

const NOWHERE: Keeping = { load: () => undefined, save: () => undefined, watch: () => undefined };

function stored({ id, code, language }: Pick<Cell, "id" | "code" | "language">): StoredCell {
  return { id, code, language, evaluation: undefined };
}
