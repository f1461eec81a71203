/** Formulas in labels and texts of widgets, which ask for MathJax by its old interface: KaTeX typesets them. */
declare const LATEX_SCRIPT: string;
declare const LATEX_STYLE: string;

const place = globalThis as { MathJax?: unknown; sagewsTypeset?: (element: HTMLElement) => void };
const waiting: HTMLElement[] = [];

function typeset(element: unknown): void {
  if (!(element instanceof HTMLElement) || !/\$|\\[([]/.test(element.textContent)) return;
  if (waiting.push(element) === 1 && place.sagewsTypeset === undefined) load();
  give();
}

function give(): void {
  if (place.sagewsTypeset !== undefined) waiting.splice(0).forEach(place.sagewsTypeset);
}

function load(): void {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = LATEX_STYLE;
  const script = document.createElement("script");
  script.src = LATEX_SCRIPT;
  script.onload = give;
  document.head.append(style, script);
}

place.MathJax = { Hub: { Queue: ([, , element]: unknown[]) => { typeset(element); } } };
