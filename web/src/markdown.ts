/** Markdown in outputs, with mathematics. Loaded when the first Markdown comes. */
import { Marked, type TokenizerAndRendererExtension } from "marked";

import type { Piece } from "./mathematics";
import { cleanWithoutStyles } from "./rich";

export async function markdown(text: string): Promise<HTMLElement> {
  const formulas: Piece[] = [];
  const html = await new Marked({ extensions: [display(formulas), inline(formulas)] }).parse(text);
  const element = document.createElement("div");
  element.className = "markdown";
  element.append(cleanWithoutStyles(html));
  if (formulas.length > 0) await fillIn(element, formulas);
  return element;
}

/** Mathematics is read before Markdown, to which `_` and `*` mean something else; a place is left for it. */
function display(formulas: Piece[]): TokenizerAndRendererExtension {
  return mathematics("display", "block", /^(?:\$\$([^]+?)\$\$|\\\[([^]+?)\\\]|(\\begin\{(\w+\*?)\}[^]+?\\end\{\4\}))/, /\$\$|\\\[|\\begin\{/, formulas);
}

function inline(formulas: Piece[]): TokenizerAndRendererExtension {
  return mathematics("inline", "inline", /^(?:\$\$?(?!\s)((?:\\.|[^$\\])+?)(?<!\s)\$\$?(?![\d$])|\\\(([^]+?)\\\))/, /\$|\\\(/, formulas);
}

function mathematics(
  kind: "display" | "inline",
  level: "block" | "inline",
  whole: RegExp,
  start: RegExp,
  formulas: Piece[],
): TokenizerAndRendererExtension {
  return {
    name: `${kind}-mathematics`,
    level,
    start: (source) => {
      const place = source.search(start);
      return place < 0 ? undefined : place;
    },
    tokenizer: (source) => {
      const match = whole.exec(source);
      if (match === null) return undefined;
      return { type: `${kind}-mathematics`, raw: match[0], text: match[1] ?? match[2] ?? match[3] ?? "" };
    },
    renderer: (token) => {
      formulas.push({ text: String(token["text"]), mathematics: kind });
      return `<span data-formula="${formulas.length - 1}"></span>`;
    },
  };
}

async function fillIn(element: HTMLElement, formulas: Piece[]): Promise<void> {
  const { formula, styleLoaded } = await import("./latex");
  await styleLoaded();
  for (const place of element.querySelectorAll<HTMLElement>("[data-formula]")) {
    const piece = formulas[Number(place.dataset["formula"])];
    if (piece !== undefined) place.replaceWith(formula(piece));
  }
}
