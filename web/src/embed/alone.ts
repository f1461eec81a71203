/** Where cells are evaluated each by itself, in a session that ends with the evaluation. Loaded with the first of them. */
import type { Assistant } from "../assistant";
import { Cell, newName } from "../cell";
import type { Connection } from "../connection";
import { Evaluation } from "../evaluation";
import { Runs } from "../runs";
import { Watched } from "../watch";
import type { Place } from "./place";

export class Alone extends Watched implements Place {
  readonly session = undefined;
  readonly notice = "";
  readonly #runs: Runs;

  constructor(connection: Connection) {
    super();
    this.#runs = new Runs(connection, () => undefined);
    this.#runs.watch(() => { this.changed(); });
    addEventListener("pagehide", () => { this.#runs.leave(); });
  }

  cell(id: string, code: string, language: string): Cell {
    return new Cell(id, code, language);
  }

  evaluate(cell: Cell, fresh = false): void {
    const replaced = cell.run;
    const evaluation = new Evaluation(newName(18), cell.id, cell.code, "waiting", cell.language);
    cell.evaluation = evaluation;
    this.#runs.add(evaluation, fresh ? "fresh" : "run", replaced);
  }

  stop(evaluation: Evaluation): void {
    this.#runs.stop(evaluation);
  }

  reply(evaluation: Evaluation, sequence: number, text: string): void {
    this.#runs.reply(evaluation, sequence, text);
  }

  forget(cell: Cell): void {
    if (cell.run !== undefined) this.stop(cell.run);
  }

  readonly assistant: Assistant = { isFree: () => false, complete: () => Promise.resolve(undefined), inspect: () => Promise.resolve(undefined) };
}
