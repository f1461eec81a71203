/** The element of a stream's text. Long text is folded, so that a flood keeps the page quick. */
import { LitElement } from "lit";

import { paint } from "./ansi";
import type { Stream } from "./outputs";
import { countInWords } from "./words";

/** Lines that are shown without folding. */
const MOST_LINES = 400;
const FIRST_LINES = 60;
const LAST_LINES = 240;
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
    const lines = this.stream.terminal.lines;
    const shown = lines.at(-1) === "" ? lines.slice(0, -1) : lines;
    this.replaceChildren(...(this.#isUnfolded ? blocks(shown) : this.#folded(shown)));
  }

  #folded(lines: readonly string[]): HTMLElement[] {
    const isLong = lines.length > MOST_LINES;
    const cut = (piece: readonly string[]) => pre(piece.map(shortened));
    const isWide = lines.some((line) => line.length > LONGEST_LINE);
    if (!isLong) return isWide ? [cut(lines), this.#unfold("Show long lines whole")] : [pre(lines)];
    const hidden = lines.length - FIRST_LINES - LAST_LINES;
    const button = this.#unfold(`Show ${countInWords(hidden, "more line")}`);
    return [cut(lines.slice(0, FIRST_LINES)), button, cut(lines.slice(-LAST_LINES))];
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
  return line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)} … ${countInWords(line.length - LONGEST_LINE, "more character")}` : line;
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
