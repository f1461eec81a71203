/** Tracebacks, in which each mention of a cell's line leads to that line. */
import { paint } from "./ansi";
import type { Traceback } from "./content";
import { t } from "./language";
import { Terminal } from "./terminal";

/** Leads to a line, counted from 1, of the cell with this id. */
export type GoTo = (cell: string, line: number) => void;

/** Draws one; what names no cell is about `own`, if that is not empty. */
export function tracebackView({ text, cells }: Traceback, own: string, goTo: GoTo): HTMLElement {
  const terminal = new Terminal();
  terminal.write(text);
  const element = document.createElement("pre");
  element.className = "traceback";
  element.append(paint(terminal.lines));
  linkLines(element, cells, own, goTo);
  return element;
}

/** IPython's words for a place in a cell: `Cell In[3], line 2` and `In[3], line 2`. */
const PLACE = /Cell In\s?\[(\d+)\], line (\d+)/g;

/** Wraps each place in a button. The words may be spread over several coloured spans. */
function linkLines(element: HTMLElement, cells: Traceback["cells"], own: string, goTo: GoTo): void {
  const text = element.textContent;
  for (const match of [...text.matchAll(PLACE)].reverse()) {
    const range = rangeOf(element, match.index, match.index + match[0].length);
    const cell = cells.get(Number(match[1])) || own;
    if (range === undefined || cell === "") continue;
    const button = document.createElement("button");
    button.className = "place";
    button.title = t("Go to this line of the cell");
    button.append(range.extractContents());
    button.addEventListener("click", () => { goTo(cell, Number(match[2])); });
    range.insertNode(button);
  }
}

function rangeOf(element: HTMLElement, from: number, to: number): Range | undefined {
  const range = document.createRange();
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let position = 0;
  let isStarted = false;
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const length = text.textContent?.length ?? 0;
    if (!isStarted && from < position + length) {
      range.setStart(text, from - position);
      isStarted = true;
    }
    if (isStarted && to <= position + length) {
      range.setEnd(text, to - position);
      return range;
    }
    position += length;
  }
  return undefined;
}
