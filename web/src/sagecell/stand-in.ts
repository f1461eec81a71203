/** What stands in for MathJax in a page that has none: SageMathCell's library would have brought it, and such pages have
 *  their formulas set by it, those that are there at first and those that their scripts add.
 *
 *  It is there when the page has been read, unless something of that name is, or a script that will be. What sets
 *  formulas is loaded when there are some. Cells know it by `isStandIn`, and leave it alone.
 */
import { SCRIPTS, mathematicalTexts } from "./page-texts";

type Typeset = (roots: readonly Element[]) => Promise<void>;
type Act = (...values: unknown[]) => unknown;

/** Scripts that set formulas by themselves. */
const OTHERS = /mathjax|katex/i;

/** Puts it into the page, and has the page's own formulas set. */
export function standIn(load: () => Promise<Typeset>): void {
  if (isServed()) return;
  let last: Promise<unknown> = Promise.resolve();
  const typeset: Typeset = async (roots) => {
    if (roots.some((root) => root.querySelector(SCRIPTS) !== null || mathematicalTexts(root).length > 0)) await (await load())(roots);
  };
  const queue = (act: () => unknown): Promise<unknown> => {
    last = last.then(act).catch(() => undefined);
    return last;
  };
  const typesetPromise = (wanted?: unknown) => queue(() => typeset(elementsOf(wanted)));
  const hub = {
    Queue: (...acts: unknown[]) => { for (const act of acts) void queue(() => callback(act)); },
    Typeset: async (wanted?: unknown, then?: unknown) => {
      await typeset(elementsOf(wanted));
      callback(then);
    },
    Config: () => undefined,
  };
  const made = { isStandIn: true, version: "3.2.2", typesetPromise, typeset: (wanted?: unknown) => { void typesetPromise(wanted); }, typesetClear: () => undefined, startup: { get promise() { return last; } }, Hub: hub };
  const page = globalThis as { MathJax?: unknown };
  page.MathJax = made;
  const isLeft = (): boolean => {
    if (page.MathJax === made && isServed()) delete page.MathJax;
    return page.MathJax !== made;
  };
  // One that the page asks for only now shall find nothing in its place when it comes.
  const observer = new MutationObserver(isLeft);
  observer.observe(document, { childList: true, subtree: true });
  whenLoaded(() => {
    observer.disconnect();
    if (!isLeft()) void typesetPromise();
  });
}

/** Whether the page has what sets its formulas, or will have. */
function isServed(): boolean {
  const found = (globalThis as { MathJax?: { isStandIn?: boolean } }).MathJax;
  return (found !== undefined && found.isStandIn !== true) || [...document.scripts].some(({ src }) => OTHERS.test(src));
}

function whenLoaded(act: () => void): void {
  // Cells that are made right then shall be there.
  const soon = () => { setTimeout(act); };
  if (document.readyState === "complete") soon();
  else addEventListener("load", soon, { once: true });
}

/** Returns the elements that a page names: themselves, by their ids or by a selector, one or many; nothing: all. */
function elementsOf(wanted: unknown): Element[] {
  if (wanted == null) return [document.body];
  const all: unknown[] = typeof wanted === "string" || wanted instanceof Element ? [wanted] : Array.from(wanted as ArrayLike<unknown>);
  return all.flatMap((each) => {
    if (each instanceof Element) return [each];
    if (typeof each !== "string") return [];
    const named = document.getElementById(each);
    return named === null ? [...document.querySelectorAll(each)] : [named];
  });
}

/** Calls back as MathJax 2 does: a function, `[function, …]`, `["name", object, …]` or `[object, "name", …]`. */
function callback(act: unknown): unknown {
  const [first, second, ...rest] = Array.isArray(act) ? (act as unknown[]) : [act];
  if (typeof first === "function") return (first as Act)(second, ...rest);
  if (typeof first === "string") return methodOf(second, first)?.(...rest);
  if (typeof second === "function") return (second as Act).call(first, ...rest);
  return typeof second === "string" ? methodOf(first, second)?.(...rest) : undefined;
}

function methodOf(object: unknown, name: string): Act | undefined {
  const method = (object as Record<string, unknown> | null | undefined)?.[name];
  return typeof method === "function" ? (method as Act).bind(object) : undefined;
}
