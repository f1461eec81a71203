/** What the page shows of the latest evaluation of a cell. */
import type { WorksheetDesk } from "./desk";
import { hashOf, type CellRun } from "./standing";
import type { WorksheetCell } from "./worksheet-cell";

/** Sources of cells, and their hashes: a cell is drawn often, and changes seldom. */
const hashes = new WeakMap<WorksheetCell, { text: string; hash: string }>();

export function cellRun(desk: WorksheetDesk, cell: WorksheetCell): CellRun | undefined {
  const evaluation = desk.runs.evaluation(cell.id);
  // One that was cleared stands for that nothing is shown.
  if (evaluation === undefined || (evaluation.hasEnded && evaluation.reason === "cleared")) return undefined;
  return {
    evaluation,
    load: () => { desk.runs.load(cell.id); },
    loadLarge: (sequence) => { desk.runs.loadLarge(evaluation, sequence); },
    isOlderThan: () => evaluation.sourceHash !== "" && evaluation.sourceHash !== hashOfCell(cell),
  };
}

function hashOfCell(cell: WorksheetCell): string {
  const { text } = cell;
  const known = hashes.get(cell);
  if (known?.text === text) return known.hash;
  const hash = hashOf(text);
  hashes.set(cell, { text, hash });
  return hash;
}
