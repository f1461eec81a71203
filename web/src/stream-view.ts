/** The element of a stream's text. Long text is folded, so that a flood keeps the page quick. */
import { LitElement } from "lit";

import { paint } from "./ansi";
import { t, tn } from "./language";
import type { Stream } from "./outputs";

/** Lines that are shown without folding. */
const MOST_LINES = 200;
const FIRST_LINES = 40;
const LAST_LINES = 60;
const LONGEST_LINE = 4000;
/** Lines that are laid out together; those out of sight cost nothing. */
const BLOCK = 500;

export class StreamView extends LitElement {
  static override properties = { stream: { attribute: false }, version: { attribute: false } };

  declare stream: Stream;
  /** Changes with the text, so that lit calls for an update. */
  declare version: number;
  #isUnfolded = false;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override update(changed: Map<string, unknown>): void {
    super.update(changed);
    const { lines } = this.stream.terminal;
    const count = lines.at(-1) === "" ? lines.length - 1 : lines.length;
    this.replaceChildren(...(this.#isUnfolded ? blocks(lines.slice(0, count)) : this.#folded(lines, count)));
  }

  /** Returns the first and the last lines, and a button for those between. Never looks at all of them. */
  #folded(lines: readonly string[], count: number): HTMLElement[] {
    const isLong = count > MOST_LINES;
    const pieces = isLong ? [lines.slice(0, FIRST_LINES), lines.slice(count - LAST_LINES, count)] : [lines.slice(0, count)];
    const isWide = pieces.flat().some((line) => line.length > LONGEST_LINE);
    const elements = pieces.map((piece) => pre(isWide ? piece.map(shortened) : piece));
    if (isLong) elements.splice(1, 0, this.#unfold(tn("Show {count} more line", "Show {count} more lines", count - FIRST_LINES - LAST_LINES)));
    else if (isWide) elements.push(this.#unfold(t("Show long lines whole")));
    return elements;
  }

  #unfold(label: string): HTMLButtonElement {
    const button = document.createElement("button");
    button.className = "unfold";
    button.textContent = label;
    button.addEventListener("click", () => {
      this.#isUnfolded = true;
      this.requestUpdate();
    });
    return button;
  }
}

function shortened(line: string): string {
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} … ${tn("{count} more character", "{count} more characters", line.length - LONGEST_LINE)}` : line;
}

function blocks(lines: readonly string[]): HTMLElement[] {
  const elements = [];
  for (let start = 0; start < lines.length; start += BLOCK) {
    const block = pre(lines.slice(start, start + BLOCK));
    if (lines.length > BLOCK) block.classList.add("block");
    elements.push(block);
  }
  return elements;
}

function pre(lines: readonly string[]): HTMLElement {
  const element = document.createElement("pre");
  element.append(paint(lines));
  return element;
}

customElements.define("sagews-stream", StreamView);
