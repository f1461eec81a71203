/** Finding in the sources of a worksheet, and replacing what was found. Thinking only. */
import type { WorksheetDocument } from "./document";
import type { WorksheetCell } from "./worksheet-cell";

export interface Wanted {
  text: string;
  /** Whether capitals differ from small letters. */
  isExact: boolean;
  isPattern: boolean;
}

export interface Found {
  cell: WorksheetCell;
  from: number;
  to: number;
}

/** Places at most: more are not shown, and not replaced at once. */
const MOST = 10_000;

/** Returns the regular expression of what is wanted; undefined if it is none, or nothing. */
export function patternOf({ text, isExact, isPattern }: Wanted): RegExp | undefined {
  if (text === "") return undefined;
  const source = isPattern ? text : text.replace(/[$()*+./?[\\\]^{|}-]/g, "\\$&");
  try {
    // With `u` no match begins or ends within a character.
    return new RegExp(source, isExact ? "gmu" : "gimu");
  } catch {
    return undefined;
  }
}

/** Returns all places where something is found, in the order of the cells. */
export function find(cells: readonly WorksheetCell[], wanted: Wanted): Found[] {
  const pattern = patternOf(wanted);
  const found: Found[] = [];
  if (pattern === undefined) return found;
  for (const cell of cells) {
    for (const match of cell.text.matchAll(pattern)) {
      if (match[0] !== "") found.push({ cell, from: match.index, to: match.index + match[0].length });
      if (found.length === MOST) return found;
    }
  }
  return found;
}

/** Replaces places as one step, to be undone at once. In a pattern, `$1` and the like stand for its groups. */
export function replace(document: WorksheetDocument, found: readonly Found[], wanted: Wanted, by: string): void {
  const pattern = patternOf(wanted);
  if (pattern === undefined) return;
  const byCell = new Map<WorksheetCell, Found[]>();
  for (const place of found) {
    const places = byCell.get(place.cell);
    if (places === undefined) byCell.set(place.cell, [place]);
    else places.push(place);
  }
  document.apart(() => {
    for (const [cell, places] of byCell) {
      const text = cell.text;
      document.edit(cell, places.map(({ from, to }) => ({ from, to, insert: wanted.isPattern ? expanded(text, from, pattern, by) : by })));
    }
  });
}

function expanded(text: string, from: number, pattern: RegExp, by: string): string {
  const once = new RegExp(pattern.source, pattern.flags.replace("g", "y"));
  once.lastIndex = from;
  const match = once.exec(text);
  if (match === null) return by;
  return by.replace(/\$(\d|&|\$)/g, (whole, which: string) => (which === "$" ? "$" : which === "&" ? match[0] : match[Number(which)] ?? whole));
}
