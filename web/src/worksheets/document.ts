/** An open worksheet: its cells in a CRDT, and everything that a person can do to them.
 *
 *  The document has exactly the shape that the server checks: `cells`, an array of maps with `id`, `cell_type`,
 *  `source` (a text) and `metadata`, whose values are texts of JSON. Each method here is one transaction, so that
 *  it is one update and one step to be undone. What this person does has the origin `LOCAL`: only that is undone.
 *  A cell cannot be moved in an array of Yjs: it is taken out and put in anew, with the same id.
 */
import * as Y from "yjs";

import { newName } from "../cell";
import { languageOf, spokenEdit, unspoken } from "../code-magic";
import { Watched } from "../watch";
import { whole, difference, splits, wellFormed, type Edit } from "./whole";
import { CELL_MAPS, WorksheetCell, type CellType, type CellValues } from "./worksheet-cell";

/** The origin of what this person does. */
export const LOCAL = Symbol("local");
/** What is typed with shorter pauses, in milliseconds, is undone at once. */
const CAPTURE = 500;
const NOTHING = { metadata: {}, attachments: {}, rest: {} };
/** Characters of an id that stay when another one is made of it, as the server does it. */
const LONGEST_ID = 50;

export class WorksheetDocument extends Watched {
  readonly doc: Y.Doc;
  /** All cells, in their order. Another array after each change of which cells there are. */
  cells: readonly WorksheetCell[] = [];

  readonly #cells: Y.Array<Y.Map<unknown>>;
  /** By their map. */
  readonly #known = new Map<unknown, WorksheetCell>();
  readonly #undoManager: Y.UndoManager;

  constructor(doc = new Y.Doc()) {
    super();
    this.doc = doc;
    this.#cells = doc.getArray("cells");
    doc.getMap("meta");
    this.#cells.observeDeep((events) => { this.#happened(events); });
    this.#undoManager = new Y.UndoManager(this.#cells, { trackedOrigins: new Set([LOCAL]), captureTimeout: CAPTURE });
    this.#renew();
  }

  find(id: string): WorksheetCell | undefined {
    return this.cells.find((cell) => cell.id === id);
  }

  // ------------------------------------------------------------- which cells

  /** Puts a cell in, and returns it. */
  insertCell(place: number, type: CellType = "code", source = ""): WorksheetCell {
    const [cell] = this.insertCells(place, [{ id: newName(), type, source, maps: NOTHING }]);
    if (cell === undefined) throw new Error("a cell that was put in is not there");
    return cell;
  }

  /** Puts cells in. Those whose id is taken have another one. */
  insertCells(place: number, values: readonly CellValues[]): WorksheetCell[] {
    const taken = new Set(this.cells.map(({ id }) => id));
    const made = values.map((each) => newMap(taken.has(each.id) ? { ...each, id: newName() } : each));
    this.#change(() => { this.#cells.insert(place, made); });
    return this.cells.slice(place, place + values.length);
  }

  /** Takes cells out. If none is left, there is an empty one in their place: a person writes somewhere. */
  deleteCells(cells: readonly WorksheetCell[]): void {
    this.#change(() => {
      for (const cell of cells) this.#delete(cell);
      if (this.#cells.length === 0) this.#cells.insert(0, [newMap({ id: newName(), type: "code", source: "", maps: NOTHING })]);
    });
  }

  /** Moves neighbouring cells by one place up or down. Returns whether there was room. */
  moveCells(cells: readonly WorksheetCell[], by: -1 | 1): boolean {
    const [first, last] = [cells[0], cells.at(-1)];
    if (first === undefined || last === undefined) return false;
    const other = by < 0 ? this.cells[this.#placeOf(first) - 1] : this.cells[this.#placeOf(last) + 1];
    if (other === undefined) return false;
    // The neighbour goes to the other side: those who are at work in what is moved stay there.
    const values = other.values;
    this.#change(() => {
      this.#delete(other);
      this.#cells.insert(by < 0 ? this.#placeOf(last) + 1 : this.#placeOf(first), [newMap(values)]);
    });
    return true;
  }

  /** Parts a cell at an offset of its source; returns the new one, below it. */
  split(cell: WorksheetCell, offset: number): WorksheetCell {
    const text = cell.text;
    const at = splits(text, offset) ? offset - 1 : offset;
    const end = text[at - 1] === "\n" ? at - 1 : at;
    const start = end === at && text[at] === "\n" ? at + 1 : at;
    const rest = text.slice(start);
    // Both halves are in the language of the whole.
    const language = cell.type === "code" && languageOf(rest) === "" ? languageOf(text.slice(0, end)) : "";
    const values = { ...cell.values, id: newName(), source: language === "" ? rest : `%%${language}\n${rest}` };
    const place = this.#placeOf(cell) + 1;
    this.#change(() => {
      cell.source.delete(end, text.length - end);
      this.#cells.insert(place, [newMap(values)]);
    });
    return this.cells[place] ?? cell;
  }

  /** Makes neighbouring cells one, the first, which keeps its type. */
  merge(cells: readonly WorksheetCell[]): void {
    const [first, ...others] = cells;
    if (first === undefined || others.length === 0) return;
    const between = first.type === "markdown" ? "\n\n" : "\n";
    const language = languageOf(first.text);
    // The line that says the language is said once.
    const textOf = ({ type, text }: WorksheetCell) => (type === "code" && language !== "" && languageOf(text) === language ? unspoken(text) : text);
    const texts = others.map(textOf);
    this.#change(() => {
      for (const text of texts) first.source.insert(first.source.length, between + text);
      for (const other of others) this.#delete(other);
    });
  }

  // ------------------------------------------------------------ what they are

  setType(cells: readonly WorksheetCell[], type: CellType): void {
    this.#change(() => { for (const cell of cells) if (cell.type !== type) cell.map.set("cell_type", type); });
  }

  /** Has cells of code be in a language; empty: in that of the worksheet's environment. */
  setLanguage(cells: readonly WorksheetCell[], language: string): void {
    this.#change(() => { for (const cell of cells) if (cell.type === "code" && languageOf(cell.text) !== language) this.edit(cell, [spokenEdit(cell.text, language)]); });
  }

  /** Changes the source of a cell; offsets count what it has before the first of these edits, which are in order. */
  edit(cell: WorksheetCell, edits: readonly Edit[]): void {
    const text = cell.text;
    this.doc.transact(() => {
      for (const edit of edits.toReversed()) {
        const { from, to, insert } = whole(text, edit);
        if (to > from) cell.source.delete(from, to - from);
        if (insert !== "") cell.source.insert(from, insert);
      }
    }, LOCAL);
  }

  setSource(cell: WorksheetCell, wanted: string): void {
    const edit = difference(cell.text, wellFormed(wanted));
    this.apart(() => { this.edit(cell, [edit]); });
  }

  foldSource(cells: readonly WorksheetCell[], isFolded: boolean): void {
    this.#change(() => { for (const cell of cells) this.#setJupyter(cell, "source_hidden", isFolded); });
  }

  foldOutputs(cells: readonly WorksheetCell[], isFolded: boolean): void {
    this.#change(() => {
      for (const cell of cells) {
        this.#setJupyter(cell, "outputs_hidden", isFolded);
        if (!isFolded) metadataOf(cell).delete("collapsed");
        else metadataOf(cell).set("collapsed", "true");
      }
    });
  }

  // ------------------------------------------------------------------- undo

  /** Takes back what this person did last; what others did stays. Returns whether there was something. */
  undo(): boolean {
    return this.#undoManager.undo() !== null;
  }

  redo(): boolean {
    return this.#undoManager.redo() !== null;
  }

  get mayUndo(): boolean {
    return this.#undoManager.undoStack.length > 0;
  }

  get mayRedo(): boolean {
    return this.#undoManager.redoStack.length > 0;
  }

  /** Whether something was done by undo or redo. */
  isOfUndo(origin: unknown): boolean {
    return origin === this.#undoManager;
  }

  /** Does something that is undone by itself, not with what was typed before or after it. */
  apart(act: () => void): void {
    this.#undoManager.stopCapturing();
    this.doc.transact(act, LOCAL);
    this.#undoManager.stopCapturing();
  }

  // ----------------------------------------------------------------- within

  #change(act: () => void): void {
    this.apart(act);
  }

  /** The place now, also in the midst of a transaction. */
  #placeOf(cell: WorksheetCell): number {
    return this.#cells.toArray().indexOf(cell.map);
  }

  #delete(cell: WorksheetCell): void {
    const place = this.#placeOf(cell);
    if (place >= 0) this.#cells.delete(place);
  }

  #setJupyter(cell: WorksheetCell, name: string, isSet: boolean): void {
    const metadata = metadataOf(cell);
    const value = cell.metadata("jupyter");
    const jupyter = new Map(Object.entries(typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}));
    if (isSet) jupyter.set(name, true);
    else jupyter.delete(name);
    if (jupyter.size === 0) metadata.delete("jupyter");
    else metadata.set("jupyter", JSON.stringify(Object.fromEntries(jupyter)));
  }

  #happened(events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void {
    const touched = new Set<WorksheetCell>();
    for (const { target } of events) {
      let within: Y.AbstractType<unknown> | null = target;
      while (within !== null && within.parent !== this.#cells) within = within.parent;
      const cell = within === null ? undefined : this.#known.get(within);
      if (cell !== undefined) touched.add(cell);
    }
    for (const cell of touched) cell.happened();
    if (events.some(({ target }) => target === (this.#cells as unknown) || target.parent === (this.#cells as unknown))) this.#renew();
    else this.changed();
  }

  #renew(): void {
    const ids = new Set<string>();
    const before = new Map(this.#known);
    this.#known.clear();
    this.cells = this.#cells.toArray().map((map) => {
      const id = freeId(String(map.get("id")), ids);
      const known = before.get(map);
      const cell = known?.id === id ? known : new WorksheetCell(map, id);
      this.#known.set(map, cell);
      return cell;
    });
    this.changed();
  }
}

/** Returns an id, or another one made of it if it is taken; as `Document.values` of the server does it. */
function freeId(id: string, ids: Set<string>): string {
  let free = id;
  for (let number = 2; ids.has(free); number += 1) free = `${id.slice(0, LONGEST_ID)}-${number}`;
  ids.add(free);
  return free;
}

function metadataOf(cell: WorksheetCell): Y.Map<string> {
  return cell.map.get("metadata") as Y.Map<string>;
}

function newMap({ id, type, source, maps }: CellValues): Y.Map<unknown> {
  const cell = new Y.Map<unknown>();
  cell.set("id", id);
  cell.set("cell_type", type);
  cell.set("source", new Y.Text(wellFormed(source)));
  for (const name of CELL_MAPS) {
    const entries = Object.entries(maps[name]);
    if (name === "metadata" || entries.length > 0) cell.set(name, new Y.Map(entries));
  }
  return cell;
}
