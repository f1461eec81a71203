/** What stands behind a control whose message has begun something: the cells that wait for that say so. */
import type { ReactiveElement } from "lit";

import type { Evaluation } from "../evaluation";
import { t } from "../language";
import type { Session } from "../session";
import type { CommLine } from "./line";
import { lineOf } from "./session-line";

const CELLS = "sagews-cell, sagews-worksheet-cell";
/** Milliseconds between two looks: a cell may be evaluated at any time. */
const EVERY = 250;

/** An element of the page that shows an evaluation (`outputs-view.ts`). */
type Shown = HTMLElement & { evaluation?: Evaluation; session?: Session; line?: () => CommLine };

export class Behind {
  /** An evaluation runs, and the message waits for its end. */
  isBusy = false;
  readonly #line: CommLine;
  readonly #element: HTMLElement;
  readonly #look: () => void;
  readonly #told = new Set<Evaluation>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `element`: where the control is shown; `look` is called at each look. */
  constructor(line: CommLine, element: HTMLElement, look: () => void) {
    this.#line = line;
    this.#element = element;
    this.#look = look;
  }

  begin(): void {
    this.#timer ??= setInterval(() => { this.#see(); }, EVERY);
    this.#see();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const evaluation of this.#told) this.#tell(evaluation, "");
    this.#told.clear();
  }

  #see(): void {
    const pending = this.#line.pending ?? shownBy(this.#line);
    this.isBusy = pending.some(({ state }) => state === "running");
    for (const evaluation of this.isBusy ? [] : pending) {
      this.#told.add(evaluation);
      this.#tell(evaluation, this.#words());
    }
    this.#look();
  }

  #tell(evaluation: Evaluation, words: string): void {
    if (evaluation.state !== "waiting" || evaluation.waitsFor === words) return;
    evaluation.queue(words);
    for (const cell of document.querySelectorAll<ReactiveElement>(CELLS)) cell.requestUpdate();
  }

  #words(): string {
    const cell = this.#element.closest(CELLS);
    if (cell === null) return t("waits for a control");
    const number = [...document.querySelectorAll(cell.localName)].indexOf(cell) + 1;
    return t("waits for a control of cell {number}", { number });
  }
}

/** Returns the evaluations of a session that the page shows. */
function shownBy(line: CommLine): Evaluation[] {
  const shown = [...document.querySelectorAll<Shown>("sagews-outputs")];
  return shown.flatMap(({ evaluation, session }) => (evaluation !== undefined && session !== undefined && lineOf(session) === line ? [evaluation] : []));
}
