/** The page's own MathJax, of version 2, 3 or 4, for LaTeX in outputs: formulas look as those around them, and macros of
 *  the page are known.
 */
import { pieces } from "../mathematics";

interface MathJax {
  /** It is ours (`stand-in.ts`). */
  isStandIn?: boolean;
  version?: string;
  typesetPromise?: (elements: HTMLElement[]) => Promise<unknown>;
  startup?: { promise?: Promise<unknown> };
  Hub?: { Queue(...acts: unknown[]): void };
}

/** What would let an output reach beyond its formula: links, and names of the page's styles and elements. */
const REACHING = /\\(href|url|class|style|cssId|unicode|require|html|data|mmlToken|csname|bbox|includegraphics)/;
/** Classes by which pages say that MathJax may look here, although it shall not look everywhere. */
const PROCESS = "process-math tex2jax_process mathjax_process";

function ofPage(): MathJax | undefined {
  const found = (globalThis as { MathJax?: MathJax }).MathJax;
  if (found?.isStandIn === true) return undefined;
  return typeof found?.typesetPromise === "function" || typeof found?.Hub?.Queue === "function" ? found : undefined;
}

/** Returns an element with text in which the page's MathJax has typeset the mathematics; undefined if it has not. */
export async function typesetByPage(text: string, place: HTMLElement): Promise<HTMLElement | undefined> {
  const mathjax = ofPage();
  if (mathjax === undefined || REACHING.test(text)) return undefined;
  const element = document.createElement("div");
  element.className = `latex ${PROCESS}`;
  for (const { text: piece, mathematics } of pieces(text)) {
    element.append(mathematics === "none" ? piece : mathematics === "inline" ? `\\(${piece}\\)` : `\\[${piece}\\]`);
  }
  place.append(element);
  try {
    if (mathjax.typesetPromise !== undefined) {
      await mathjax.startup?.promise;
      await mathjax.typesetPromise([element]);
    } else {
      await new Promise((resolve) => { mathjax.Hub?.Queue(["Typeset", mathjax.Hub, element], [resolve, undefined]); });
    }
  } catch {
    // It is shown without.
  }
  if (element.querySelector("mjx-container, .MathJax, .MathJax_SVG, .MathJax_Preview, .MathJax_CHTML") !== null) return element;
  element.remove();
  return undefined;
}
