/** Formulas in labels and texts of widgets: a bundle of its own, which is loaded when there is the first. */
import renderMathInElement from "katex/contrib/auto-render";

const DELIMITERS = [
  { left: "$$", right: "$$", display: true },
  { left: "\\[", right: "\\]", display: true },
  { left: "\\(", right: "\\)", display: false },
  { left: "$", right: "$", display: false },
];

function typeset(element: HTMLElement): void {
  renderMathInElement(element, { delimiters: DELIMITERS, throwOnError: false, trust: false, maxExpand: 1000, strict: false });
}

(globalThis as { sagewsTypeset?: (element: HTMLElement) => void }).sagewsTypeset = typeset;
