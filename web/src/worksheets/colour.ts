/** The colours of people: each can be told from the others, and white letters can be read on it. */

const COLOURS = ["#0f6b66", "#96501a", "#1c5fa8", "#7b3fa0", "#b3261e", "#1d7332", "#a02c6b", "#5a5f00"] as const;

/** Returns the colour of somebody, the same at everybody. What they send of it is not asked. */
export function colourOf(person: string): string {
  let sum = 0;
  for (const letter of person) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return COLOURS[sum % COLOURS.length] ?? COLOURS[0];
}
