/** The mathematics of a page, for one that relied on the MathJax which SageMathCell's library brings, set by KaTeX. Loaded
 *  when there is some.
 */
import katex from "katex";

import { at } from "../site";
import { FORMULA, SCRIPTS, mathematicalTexts } from "./page-texts";

/** What formulas of the page define for those after them. */
const macros = {};
let styled: Promise<boolean> | undefined;

/** Sets what is below these elements. What KaTeX cannot read stays as it is written. */
export async function typeset(roots: readonly Element[]): Promise<void> {
  styled ??= style();
  if (!(await styled)) return;
  for (const root of roots) {
    for (const script of root.querySelectorAll<HTMLScriptElement>(SCRIPTS)) {
      const formula = set(script.text, /mode\s*=\s*display/.test(script.type));
      if (formula !== undefined) script.replaceWith(formula);
    }
    for (const text of mathematicalTexts(root)) text.replaceWith(...parts(text.data));
  }
}

/** Returns a text with its formulas set, and with its escaped dollars as what they stand for. */
function parts(text: string): (string | HTMLElement)[] {
  const found: (string | HTMLElement)[] = [];
  let start = 0;
  for (const match of text.matchAll(new RegExp(FORMULA, "g"))) {
    const display = match[1] ?? match[2] ?? match[3];
    const formula = set(display ?? match[5] ?? match[6] ?? "", display !== undefined);
    found.push(text.slice(start, match.index).replaceAll("\\$", "$"), formula ?? match[0]);
    start = match.index + match[0].length;
  }
  return [...found, text.slice(start).replaceAll("\\$", "$")];
}

function set(formula: string, displayMode: boolean): HTMLElement | undefined {
  const element = document.createElement("span");
  try {
    katex.render(formula, element, { displayMode, macros, globalGroup: true, strict: "ignore", trust: false, maxExpand: 1000 });
    return element;
  } catch {
    return undefined;
  }
}

/** Resolves to whether KaTeX's style sheet has come: without it, formulas would be worse than what is written. */
function style(): Promise<boolean> {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = at(KATEX_STYLE);
  const come = new Promise<boolean>((resolve) => {
    link.onload = () => { resolve(true); };
    link.onerror = () => { resolve(false); };
  });
  document.head.append(link);
  return come;
}
