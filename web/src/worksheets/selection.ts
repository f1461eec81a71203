/** Where a reader is in a worksheet: the cell, those that are selected with it, and whether keys write or command. */
import { Watched } from "../watch";
import type { WorksheetDocument } from "./document";
import type { WorksheetCell } from "./worksheet-cell";

export type Mode = "command" | "edit";

export class Selection extends Watched {
  mode: Mode = "command";
  /** Counts what asks for the focus, so that it is given once for each. */
  #wishes = 0;
  /** Id of the cell for which it was asked last. */
  #wished = "";
  /** Where the cursor shall be in the editor that gets the focus. */
  cursor: "start" | "end" | undefined;

  readonly #document: WorksheetDocument;
  #id = "";
  /** The other end of the selected cells. */
  #anchor = "";
  /** The place of the cell, should it go. */
  #place = 0;

  constructor(document: WorksheetDocument) {
    super();
    this.#document = document;
  }

  /** The cell that the reader is in; undefined only where there is none. */
  get cell(): WorksheetCell | undefined {
    const { cells } = this.#document;
    const cell = cells.find(({ id }) => id === this.#id) ?? cells[Math.min(this.#place, cells.length - 1)];
    return cell;
  }

  /** Which wish for the focus is that of a cell; 0: it is not wanted there. */
  wishFor({ id }: WorksheetCell): number {
    return id === this.#wished ? this.#wishes : 0;
  }

  get place(): number {
    const { cell } = this;
    return cell === undefined ? 0 : this.#document.cells.indexOf(cell);
  }

  /** All cells that are selected, in their order. */
  get cells(): readonly WorksheetCell[] {
    const { cells } = this.#document;
    const at = this.place;
    const other = cells.findIndex(({ id }) => id === this.#anchor);
    if (other < 0) return cells.slice(at, at + 1);
    return cells.slice(Math.min(at, other), Math.max(at, other) + 1);
  }

  /** Goes to a cell. `isExtending`: those from where the selection began up to it are selected. */
  go(cell: WorksheetCell | undefined, mode: Mode = "command", isExtending = false): void {
    if (cell === undefined) return;
    this.cursor = undefined;
    this.#wishes += 1;
    this.#wished = cell.id;
    this.#become(cell, mode, isExtending);
  }

  /** Goes to an editor, to the start or the end of what it has. */
  goInto(cell: WorksheetCell, cursor: "start" | "end"): void {
    this.go(cell, "edit");
    this.cursor = cursor;
  }

  /** The focus is there already. */
  isAt(cell: WorksheetCell, mode: Mode): void {
    if (cell.id === this.#id && mode === this.mode && this.#anchor === cell.id) return;
    // A cell that is selected with others keeps them while it is commanded.
    if (cell.id === this.#id && mode === "command" && this.mode === "command") return;
    this.#become(cell, mode, false);
  }

  /** Goes some cells up or down, as far as there are any; returns whether there was one. */
  step(by: number, isExtending = false, mode: Mode = "command"): boolean {
    const { cells } = this.#document;
    const to = cells[Math.min(Math.max(this.place + by, 0), cells.length - 1)];
    const isThere = cells[this.place + by] !== undefined;
    this.go(to, mode, isExtending);
    return isThere;
  }

  /** Remembers the place, before cells go. */
  remember(): void {
    this.#place = this.#document.cells.indexOf(this.cells[0] as WorksheetCell);
  }

  #become(cell: WorksheetCell, mode: Mode, isExtending: boolean): void {
    if (!isExtending) this.#anchor = cell.id;
    this.#id = cell.id;
    this.#place = Math.max(0, this.#document.cells.indexOf(cell));
    this.mode = mode;
    this.changed();
  }
}
