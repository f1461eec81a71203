/** The headings of a worksheet, from its Markdown cells. Thinking only. */
import type { WorksheetCell } from "./worksheet-cell";

export interface Heading {
  cell: WorksheetCell;
  level: number;
  text: string;
}

/** Returns all headings in their order, as they are written with `#`; within blocks of code there are none. */
export function headings(cells: readonly WorksheetCell[]): Heading[] {
  const found: Heading[] = [];
  for (const cell of cells) {
    if (cell.type !== "markdown") continue;
    let fence = "";
    for (const line of cell.text.split("\n")) {
      const [, mark = ""] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
      if (fence !== "") {
        if (mark.startsWith(fence)) fence = "";
        continue;
      }
      fence = mark;
      const [, signs = "", text = ""] = /^ {0,3}(#{1,6})\s+(.*?)(?:\s+#+)?\s*$/.exec(line) ?? [];
      if (text !== "") found.push({ cell, level: signs.length, text: text.replace(/[*_`]/g, "") });
    }
  }
  return found;
}
