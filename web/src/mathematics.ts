/** Mathematics within text, found by its delimiters. Thinking only. */

/** Mathematics between its delimiters, as TeX, Jupyter and sympy write it. */
const MATHEMATICS =
  /\$\$([^]+?)\$\$|\\\[([^]+?)\\\]|\\\(([^]+?)\\\)|(\\begin\{(equation|align|gather|multline|alignat|eqnarray|displaymath|math)\*?\}[^]+?\\end\{\5\*?\})|(?<![\\$])\$(?!\s)((?:\\.|[^$\\])+?)(?<!\s)\$(?![\d$])/g;

/** A piece of text, or mathematics without its delimiters. */
export interface Piece {
  text: string;
  mathematics: "none" | "inline" | "display";
}

/** Returns a text as its pieces, in order. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let start = 0;
  for (const match of text.matchAll(MATHEMATICS)) {
    if (match.index > start) found.push({ text: text.slice(start, match.index), mathematics: "none" });
    start = match.index + match[0].length;
    const display = match[1] ?? match[2] ?? match[4];
    if (display !== undefined) found.push({ text: display, mathematics: "display" });
    else found.push({ text: match[3] ?? match[6] ?? "", mathematics: "inline" });
  }
  if (start < text.length) found.push({ text: text.slice(start), mathematics: "none" });
  return found;
}
