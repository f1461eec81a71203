/** Tells screen readers what has come of evaluations: politely, one sentence at a time, never a flood. */
import type { Cell } from "./cell";
import type { Evaluation } from "./evaluation";
import { textOf } from "./content";
import { t } from "./language";
import type { Shape } from "./outputs";
import { withoutCodes } from "./terminal";

const PAUSE = 1000;
const LONGEST = 300;

export class Announcer {
  readonly #region: HTMLElement;
  #waiting = "";
  #pause = 0;

  /** The region must be a live region (`aria-live`). */
  constructor(region: HTMLElement) {
    this.#region = region;
  }

  announce(number: number, cell: Pick<Cell, "evaluation">, evaluation: Evaluation): void {
    const prompt = evaluation.outputs.shapes.find((shape) => shape.kind === "prompt" && shape.isOpen);
    const standing = prompt === undefined ? evaluation.text || evaluation.waitsFor : t("asks for input:");
    this.#say(`${t("Cell {number}", { number })}: ${standing} ${cell.evaluation === evaluation ? summary(evaluation.outputs.shapes) : ""}`);
  }

  #say(text: string): void {
    this.#waiting = text;
    if (this.#pause !== 0) return;
    this.#region.textContent = text;
    this.#pause = setTimeout(() => {
      this.#pause = 0;
      if (this.#waiting !== this.#region.textContent) this.#say(this.#waiting);
    }, PAUSE);
  }
}

/** Returns the last of the outputs as a listener would want them. */
function summary(shapes: readonly Shape[]): string {
  const text = shapes.slice(-3).map(inWords).filter((words) => words !== "").join(" ");
  return text.length > LONGEST ? `… ${text.slice(-LONGEST)}` : text;
}

function inWords(shape: Shape): string {
  switch (shape.kind) {
    case "stream":
      return withoutCodes(shape.terminal.lines.slice(-5).join(" "));
    case "display":
      return textOf(shape.bundle.data["text/plain"]);
    case "fault":
      return `${shape.traceback.name}: ${shape.traceback.value}`;
    case "prompt":
      return shape.isOpen ? shape.question.prompt : "";
    case "remark":
      return shape.text;
  }
}
