/** Everything that can be done to the cells of a worksheet, by name: keys, the toolbar and the menus call it so. */
import { t, tn } from "../language";
import type { Selection } from "./selection";
import type { WorksheetDocument } from "./document";
import type { Errand } from "./errands";
import type { CellType, CellValues, WorksheetCell } from "./worksheet-cell";

/** What commands ask of the page. */
export interface Desk {
  readonly document: WorksheetDocument;
  readonly selection: Selection;
  readonly mayWrite: boolean;
  run(cell: WorksheetCell): void;
  interrupt(): void;
  /** Ends the session, after a question; resolves to whether that was wanted. */
  restart(why: string): Promise<boolean>;
  clear(cells: readonly WorksheetCell[]): void;
  clearAll(): Promise<void>;
  /** Offset of the cursor in the editor of the current cell; undefined: it has none now. */
  readonly cursor: number | undefined;
  show(what: "files" | "find" | "help" | "language" | "outline"): void;
  say(text: string): void;
  /** Does something with the file of the worksheet, once all that is written here is on the server. */
  errand(what: Errand): Promise<void>;
}

export interface Command {
  label: string;
  /** Keys while a cell is selected and not written in, as the reader reads them. */
  keys: readonly string[];
  /** Keys while a cell is written in. */
  writingKeys?: readonly string[];
  /** Whether a viewer may not do it. */
  writes: boolean;
  act(desk: Desk): void;
}

/** The cells that were copied or cut last; they stay on this page. */
let clipboard: readonly CellValues[] = [];

const writes = (label: string, keys: readonly string[], act: (desk: Desk) => void, writingKeys?: readonly string[]): Command => ({
  label, keys, act, writes: true, ...(writingKeys === undefined ? {} : { writingKeys }),
});
const reads = (label: string, keys: readonly string[], act: (desk: Desk) => void, writingKeys?: readonly string[]): Command => ({ ...writes(label, keys, act, writingKeys), writes: false });

const NAMED = {
  run: writes(t("Run"), ["Ctrl+Enter"], (desk) => { run(desk); desk.selection.go(desk.selection.cell); }, ["Ctrl+Enter"]),
  "run-and-advance": writes(t("Run and go to the next cell"), ["Shift+Enter"], runAndAdvance, ["Shift+Enter"]),
  "run-and-insert": writes(t("Run and add a cell below"), ["Alt+Enter"], (desk) => { run(desk); insert(desk, 1, "edit"); }, ["Alt+Enter"]),
  "run-all": writes(t("Run all cells"), [], (desk) => { runCells(desk, desk.document.cells); }),
  "run-above": writes(t("Run all cells above"), [], (desk) => { runCells(desk, desk.document.cells.slice(0, desk.selection.place)); }),
  "run-below": writes(t("Run this cell and all below"), [], (desk) => { runCells(desk, desk.document.cells.slice(desk.selection.place)); }),
  interrupt: writes(t("Interrupt what runs"), ["I, I"], (desk) => { desk.interrupt(); }),
  restart: writes(t("Restart the session"), ["0, 0"], (desk) => { void desk.restart(t("All variables of the session are lost; cells and outputs stay.")); }),
  "restart-and-run-all": writes(t("Restart the session and run all cells"), [], (desk) => { void restartAndRunAll(desk); }),
  "insert-above": writes(t("Add a cell above"), ["A"], (desk) => { insert(desk, 0, "command"); }),
  "insert-below": writes(t("Add a cell below"), ["B"], (desk) => { insert(desk, 1, "command"); }),
  cut: writes(t("Cut cells"), ["X"], (desk) => { copy(desk); remove(desk); }),
  copy: reads(t("Copy cells"), ["C"], copy),
  paste: writes(t("Paste cells below"), ["V"], paste),
  delete: writes(t("Delete cells"), ["D, D"], remove),
  undo: writes(t("Undo what you did last"), ["Z", "Ctrl+Z"], (desk) => { back(desk, desk.document.undo()); }, ["Ctrl+Z"]),
  redo: writes(t("Do it again"), ["Shift+Z", "Ctrl+Y"], (desk) => { back(desk, desk.document.redo()); }, ["Ctrl+Y", "Ctrl+Shift+Z"]),
  "move-up": writes(t("Move up"), ["Ctrl+Shift+ArrowUp"], (desk) => { move(desk, -1); }),
  "move-down": writes(t("Move down"), ["Ctrl+Shift+ArrowDown"], (desk) => { move(desk, 1); }),
  split: writes(t("Split at the cursor"), [], split, ["Ctrl+Shift+-"]),
  merge: writes(t("Merge with the selected, or with the cell below"), ["Shift+M"], merge),
  code: writes(t("Make it code"), ["Y"], (desk) => { setType(desk, "code"); }),
  markdown: writes(t("Make it Markdown"), ["M"], (desk) => { setType(desk, "markdown"); }),
  raw: writes(t("Make it raw text"), ["R"], (desk) => { setType(desk, "raw"); }),
  language: writes(t("Choose the language"), ["L"], (desk) => { desk.show("language"); }),
  "fold-source": writes(t("Fold or unfold the source"), [], (desk) => { fold(desk, "source"); }),
  "fold-outputs": writes(t("Fold or unfold the outputs"), ["O"], (desk) => { fold(desk, "outputs"); }),
  clear: writes(t("Clear the outputs"), [], (desk) => { desk.clear(desk.selection.cells); }),
  "clear-all": writes(t("Clear all outputs"), [], (desk) => { void desk.clearAll(); }),
  up: reads(t("Go up"), ["K", "ArrowUp"], (desk) => { desk.selection.step(-1); }),
  down: reads(t("Go down"), ["J", "ArrowDown"], (desk) => { desk.selection.step(1); }),
  "select-up": reads(t("Select one more above"), ["Shift+K", "Shift+ArrowUp"], (desk) => { desk.selection.step(-1, true); }),
  "select-down": reads(t("Select one more below"), ["Shift+J", "Shift+ArrowDown"], (desk) => { desk.selection.step(1, true); }),
  "select-all": reads(t("Select all cells"), ["Ctrl+A"], (desk) => { desk.selection.go(desk.document.cells[0]); desk.selection.go(desk.document.cells.at(-1), "command", true); }),
  first: reads(t("Go to the first cell"), ["Home"], (desk) => { desk.selection.go(desk.document.cells[0]); }),
  last: reads(t("Go to the last cell"), ["End"], (desk) => { desk.selection.go(desk.document.cells.at(-1)); }),
  "edit-mode": reads(t("Write in the cell"), ["Enter"], (desk) => { desk.selection.go(desk.selection.cell, "edit"); }),
  "command-mode": reads(t("Leave the editor, for keys that command"), [], (desk) => { desk.selection.go(desk.selection.cell); }, ["Escape"]),
  find: reads(t("Find and replace"), ["F"], (desk) => { desk.show("find"); }),
  files: reads(t("Files of the session"), [], (desk) => { desk.show("files"); }),
  outline: reads(t("Outline"), [], (desk) => { desk.show("outline"); }),
  help: reads(t("Keys"), ["H"], (desk) => { desk.show("help"); }),
  save: writes(t("Save a version now"), ["Ctrl+S"], (desk) => { void desk.errand("save"); }, ["Ctrl+S"]),
} satisfies Record<string, Command>;

export type CommandName = keyof typeof NAMED;

/** All of them, with those of which there are several alike. */
export const COMMANDS: Readonly<Record<string, Command>> & Readonly<Record<CommandName, Command>> = {
  ...NAMED,
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((level) => [`heading-${level}`, writes(t("Make it a heading of level {level}", { level }), [String(level)], (desk) => { heading(desk, level); })])),
};

/** Does something by its name, unless the reader may only look. */
export function perform(name: string, desk: Desk): void {
  const command = COMMANDS[name];
  if (command === undefined) return;
  if (command.writes && !desk.mayWrite) desk.say(t("You may look at this worksheet, and not change it."));
  else command.act(desk);
}

// ------------------------------------------------------------------ running

function runCells(desk: Desk, cells: readonly WorksheetCell[]): void {
  for (const cell of cells) desk.run(cell);
}

function run(desk: Desk): void {
  runCells(desk, desk.selection.cells);
}

function runAndAdvance(desk: Desk): void {
  const { selection, document } = desk;
  run(desk);
  const last = selection.cells.at(-1);
  const next = last === undefined ? undefined : document.cells[document.cells.indexOf(last) + 1];
  if (next !== undefined) selection.go(next);
  else selection.go(document.insertCell(document.cells.length), "edit");
}

async function restartAndRunAll(desk: Desk): Promise<void> {
  if (await desk.restart(t("All variables of the session are lost, and all cells run anew."))) runCells(desk, desk.document.cells);
}

// ------------------------------------------------------------------- cells

function insert(desk: Desk, after: 0 | 1, mode: "command" | "edit"): void {
  const { selection, document } = desk;
  const { cells } = selection;
  const place = cells.length === 0 ? 0 : document.cells.indexOf((after === 0 ? cells[0] : cells.at(-1)) as WorksheetCell) + after;
  selection.go(document.insertCell(place), mode);
}

function copy(desk: Desk): void {
  clipboard = desk.selection.cells.map(({ values }) => values);
  desk.say(tn("{count} cell is copied.", "{count} cells are copied.", clipboard.length));
}

function paste({ selection, document }: Desk): void {
  if (clipboard.length === 0) return;
  const last = selection.cells.at(-1);
  const place = last === undefined ? 0 : document.cells.indexOf(last) + 1;
  selection.go(document.insertCells(place, clipboard).at(-1));
}

function remove({ selection, document }: Desk): void {
  const { cells } = selection;
  selection.remember();
  document.deleteCells(cells);
  selection.go(selection.cell);
}

function move({ selection, document }: Desk, by: -1 | 1): void {
  document.moveCells(selection.cells, by);
  selection.go(selection.cell, "command", true);
}

function split({ selection, document, cursor }: Desk): void {
  const { cell } = selection;
  if (cell !== undefined && cursor !== undefined) selection.goInto(document.split(cell, cursor), "start");
}

function merge({ selection, document }: Desk): void {
  const { cells, place } = selection;
  const those = cells.length > 1 ? cells : document.cells.slice(place, place + 2);
  document.merge(those);
  selection.go(those[0]);
}

function setType({ selection, document }: Desk, type: CellType): void {
  document.setType(selection.cells, type);
  selection.go(selection.cell, selection.mode, true);
}

function heading({ selection, document }: Desk, level: number): void {
  const { cell } = selection;
  if (cell === undefined) return;
  document.apart(() => {
    document.setType([cell], "markdown");
    document.edit(cell, [{ from: 0, to: /^#{0,6} */.exec(cell.text)?.[0].length ?? 0, insert: `${"#".repeat(level)} ` }]);
  });
  selection.goInto(cell, "end");
}

function fold({ selection, document }: Desk, what: "source" | "outputs"): void {
  const { cells } = selection;
  if (what === "source") document.foldSource(cells, !cells.every(({ hidesSource }) => hidesSource));
  else document.foldOutputs(cells, !cells.every(({ hidesOutputs }) => hidesOutputs));
}

/** After undo and redo the reader stays in their cell, or is where it was. */
function back(desk: Desk, isDone: boolean): void {
  if (!isDone) desk.say(t("There is nothing of yours to undo."));
  else desk.selection.go(desk.selection.cell, desk.selection.mode);
}
