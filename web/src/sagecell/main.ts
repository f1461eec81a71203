/** `embedded_sagecell.js`: the library that pages load to have cells, under the names of SageMathCell's.
 *
 *  It is one classic script with a name that never changes, and small: it defines `sagecell`, makes the elements of
 *  cells, with the classes that pages know, and shows their code as text. What evaluates, and editors, are modules
 *  (`live.ts`), which it loads when a cell comes near what is seen, is touched or is evaluated. Cells are made when
 *  the page is read; what is asked for before waits until then.
 */
import { isInSight, preload } from "../preload";
import { SAGECELL, inBuild } from "./build";
import { provideJQuery } from "./jquery";
import { Links } from "./links";
import { loading } from "./loading";
import { Making, type CellInfo } from "./making";
import { LANGUAGES, TEMPLATES, type Given } from "./options";
import type { PageCell } from "./page-cell";
import { rootOf, signsOf } from "./root";
import style from "./sagecell.css";
import { standIn } from "./stand-in";

interface Sagecell extends Record<string, unknown> {
  root?: unknown;
  quietMode?: unknown;
}

declare global {
  interface Window {
    sagecell?: Sagecell;
    singlecell?: Sagecell;
  }
}

const own = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const sagecell: Sagecell = (window.sagecell ??= {});

/** Looked up when it is needed: a page may set `sagecell.root` after this script. */
function root(): string {
  return rootOf(signsOf(document, sagecell.root));
}

/** Does something when the page has been read. */
function whenRead(act: () => void): void {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", act, { once: true });
  else act();
}

const links = new Links();
const withLive = loading(root);
const making = new Making(links, withLive);

/** Cells have an editor when they come near what is seen. */
const near = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const cell = shown.get(target);
      if (!isIntersecting || cell === undefined) continue;
      near.unobserve(target);
      withLive((live) => { live.edit(cell); });
    }
  },
  { rootMargin: "100% 0px" },
);
const shown = new WeakMap<Element, PageCell>();

let isAsked = false;

/** Asks for the modules of a cell at once: each would be found only when the one before had come. */
function ask(isEvaluated: boolean): void {
  isAsked = true;
  const { parts, editor, evaluating } = SAGECELL;
  preload([...parts, ...(isEvaluated ? evaluating : []), ...editor].map((name) => inBuild(root(), name)));
}

making.onMade = (cell) => {
  if (cell.editor === undefined) return;
  const wrapper = cell.editor.getWrapperElement();
  shown.set(wrapper, cell);
  near.observe(wrapper);
  if (!isAsked && isInSight(wrapper)) ask(cell.options.autoeval);
};

function makeSagecell(given: Given): CellInfo {
  if (given["inputLocation"] === undefined) throw new Error("Must specify an inputLocation!");
  const info: CellInfo = {};
  whenRead(() => {
    // A page may put the place there right after it has asked.
    if (!making.make(given, info)) setTimeout(() => { making.make(given, info); });
  });
  return info;
}

/** Takes a cell from the page, with its outputs. */
function deleteSagecell(info: CellInfo): void {
  for (const cell of making.cellsOf(info)) {
    withLive((live) => { live.remove(cell); });
    cell.input.remove();
    cell.output.remove();
  }
}

const MOVED = "sagecell_moved";

/** Takes what is in a cell out of a form around it, which can then be sent without it. */
function moveInputForm(info: CellInfo): void {
  const moved = document.createElement("div");
  moved.id = MOVED;
  moved.hidden = true;
  for (const cell of making.cellsOf(info)) moved.append(...cell.input.childNodes);
  document.body.append(moved);
}

/** Puts it back. */
function restoreInputForm(info: CellInfo): void {
  const moved = document.getElementById(MOVED);
  if (moved === null) return;
  making.cellsOf(info)[0]?.input.append(...moved.childNodes);
  moved.remove();
}

/** Gives the page what it calls. A page may load the library more than once; the first one stays. */
function begin(): void {
  if (sagecell["_begun"] === true) return;
  Object.assign(sagecell, {
    _begun: true,
    makeSagecell,
    deleteSagecell,
    moveInputForm,
    restoreInputForm,
    /** Of older pages: calls back when the page is read. */
    init: (callback?: () => void) => { whenRead(() => { callback?.(); }); },
    templates: TEMPLATES,
    allLanguages: [...LANGUAGES],
    linkKeys: links.keys,
    kernels: links.sessions,
    modes: { sage: "python", python: "python", html: "htmlmixed", macaulay2: "macaulay2", r: "r" },
    quietMode: sagecell.quietMode ?? false,
    // Older names of the same.
    _makeSagecell: makeSagecell,
    makeSinglecell: makeSagecell,
  });
  window.singlecell = sagecell;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  provideJQuery(root, own);
  whenRead(() => {
    standIn(async () => ((await import(inBuild(root(), SAGECELL.formulas))) as typeof import("./page-formulas")).typeset);
  });
}

begin();
