/** Edits that leave characters whole: what is two units in UTF-16 is never taken apart.
 *
 *  The server refuses an update that does so, for its library would make garbage of it; and half a character has
 *  no place in UTF-8.
 */

/** What is between two offsets becomes another text. */
export interface Edit {
  from: number;
  to: number;
  insert: string;
}

/** Returns an edit that takes no character apart: half of one takes the other half with it, a lone half goes. */
export function whole(text: string, { from, to, insert }: Edit): Edit {
  const start = splits(text, from) ? from - 1 : from;
  // What is put in between the halves of a character comes before it, and it stays.
  if (from === to) return { from: start, to: start, insert: wellFormed(insert) };
  return { from: start, to: splits(text, to) ? to + 1 : to, insert: wellFormed(insert) };
}

/** Returns the edit that makes one text another: what both begin and end with stays, with the cursors in it. */
export function difference(old: string, wanted: string): Edit {
  const most = Math.min(old.length, wanted.length);
  let from = 0;
  while (from < most && old[from] === wanted[from]) from += 1;
  if (splits(old, from) || splits(wanted, from)) from -= 1;
  let end = 0;
  while (end < most - from && old.at(-1 - end) === wanted.at(-1 - end)) end += 1;
  if (splits(old, old.length - end) || splits(wanted, wanted.length - end)) end -= 1;
  return { from, to: old.length - end, insert: wellFormed(wanted.slice(from, wanted.length - end)) };
}

/** Whether an offset is between the two halves of a character. */
export function splits(text: string, offset: number): boolean {
  return offset > 0 && offset < text.length && isHigh(text.charCodeAt(offset - 1)) && isLow(text.charCodeAt(offset));
}

/** Returns a text with a mark in place of each half of a character that stands alone. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\uFFFD");
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
