/** Where the cells of a book are evaluated: in a session that several share, or each by itself. */
import type { Assistant } from "../assistant";
import type { Cell } from "../cell";
import type { Evaluation } from "../evaluation";
import type { Session } from "../session";

export interface Place {
  /** Undefined: none yet, or never one that stays. */
  readonly session: Session | undefined;
  /** What an editor can ask. */
  readonly assistant: Assistant;
  /** A sentence for the reader about all that is evaluated here; empty: none. */
  readonly notice: string;
  /** Returns the cell of this name, as it is known here, or with this code. */
  cell(id: string, code: string, language: string): Cell;
  /** Evaluates the code of a cell; `fresh`: no kept result will do. */
  evaluate(cell: Cell, fresh?: boolean): void;
  stop(evaluation: Evaluation): void;
  reply(evaluation: Evaluation, sequence: number, text: string): void;
  /** A cell is in the page no more. */
  forget(cell: Cell): void;
  watch(watcher: () => void): () => void;
}
