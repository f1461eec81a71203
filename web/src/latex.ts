/** LaTeX in outputs, typeset by KaTeX. Loaded, with KaTeX's style sheet and fonts, when the first LaTeX comes. */
import katex from "katex";

import { pieces, type Piece } from "./mathematics";
import { at } from "./site";

/** Returns an element with text in which the mathematics is typeset. */
export async function typeset(text: string): Promise<HTMLElement> {
  await styleLoaded();
  const element = document.createElement("div");
  element.className = "latex";
  for (const piece of pieces(text)) element.append(piece.mathematics === "none" ? piece.text : formula(piece));
  return element;
}

/** Returns an element with one piece of mathematics; what KaTeX cannot read is shown as it is written. */
export function formula(piece: Piece): HTMLElement {
  const element = document.createElement("span");
  try {
    katex.render(piece.text, element, {
      displayMode: piece.mathematics === "display",
      throwOnError: true,
      strict: "ignore",
      trust: false,
      maxSize: 50,
      maxExpand: 1000,
    });
  } catch (error) {
    const source = document.createElement("code");
    source.textContent = piece.text;
    source.title = error instanceof Error ? error.message : "";
    element.replaceChildren(source);
  }
  return element;
}

/** Between its delimiters in HTML, where a dollar alone is more often money. */
const IN_HTML = /\\\([^]+?\\\)|\\\[[^]+?\\\]|\$\$[^]+?\$\$/;
const VERBATIM = "pre, code, script, style, textarea, svg, math";

/** Typesets the mathematics in the texts of a shadow root, whose style sheets are its own. */
export async function typesetWithin(root: ShadowRoot): Promise<void> {
  await styleLoaded();
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode() !== null) texts.push(walker.currentNode as Text);
  for (const text of texts) {
    if (!IN_HTML.test(text.data) || text.parentElement?.closest(VERBATIM) != null) continue;
    text.replaceWith(...piecesOfHtml(text.data).map((piece) => (piece.mathematics === "none" ? piece.text : formula(piece))));
  }
  void styleLoaded(root);
}

function piecesOfHtml(text: string): Piece[] {
  return text.split(new RegExp(`(${IN_HTML.source})`)).flatMap((part) => (IN_HTML.test(part) ? pieces(part) : [{ text: part, mathematics: "none" as const }]));
}

const styles = new WeakMap<Node, Promise<void>>();

/** Loads KaTeX's style sheet once for each shadow root, and for the page, which alone can have fonts; formulas appear
 *  when it is there. */
export function styleLoaded(root: Document | ShadowRoot = document): Promise<void> {
  let loaded = styles.get(root);
  if (loaded === undefined) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = at(root === document ? KATEX_PAGE_STYLE : KATEX_STYLE);
    loaded = new Promise((resolve) => { link.onload = link.onerror = () => { resolve(); }; });
    styles.set(root, loaded);
    if (root === document) document.head.append(link);
    else root.prepend(link);
  }
  return loaded;
}
