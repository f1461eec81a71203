/** What the store tells of cells that were evaluated by themselves, here before or in another tab. Thinking only. */
import type { Cell } from "./cell";
import { Evaluation, type RunStanding } from "./evaluation";
import type { Evaluations } from "./evaluations";
import type { StoredCell } from "./store";

/** A stateless evaluation that a cell shows since the store tells of it. */
export interface Seen {
  evaluation: Evaluation;
  /** How far it has come, as the store knows. */
  standing: RunStanding;
  /** The one in whose place the cell shows it, if that waits or runs here. */
  replaced: Evaluation | undefined;
}

/** Has cells show the evaluations that the store has for them, as far as one of them is stateless. */
export function takeOver(cells: readonly Cell[], stored: readonly StoredCell[], ofSession: Evaluations): Seen[] {
  const seen: Seen[] = [];
  for (const { id, evaluation } of stored) {
    const cell = cells.find((one) => one.id === id);
    if (cell === undefined || evaluation === undefined) continue;
    const { run: standing } = evaluation;
    const isShown = cell.evaluation?.id === evaluation.id;
    const replaced = isShown ? undefined : cell.run;
    if (standing === undefined && (isShown || cell.evaluation?.run === undefined)) continue;
    if (!isShown) cell.evaluation = standing === undefined ? ofSession.get(evaluation.id) : new Evaluation(evaluation.id, id, evaluation.code, standing, evaluation.language);
    if (standing === undefined && replaced !== undefined) seen.push({ evaluation: replaced, standing: "not_run", replaced: undefined });
    if (standing !== undefined && cell.evaluation !== undefined) seen.push({ evaluation: cell.evaluation, standing, replaced });
  }
  return seen;
}
