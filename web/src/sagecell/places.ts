/** The places of a page that `inputLocation`, `outputLocation` and `codeLocation` mean. */

type JQuery = ((selector: string) => ArrayLike<unknown>) & { fn?: { jquery?: unknown } };

declare global {
  interface Window {
    jQuery?: unknown;
    $?: unknown;
  }
}

/** Returns the elements that a selector, an element, or a list of elements (also jQuery's) means. */
export function elementsAt(location: unknown): HTMLElement[] {
  if (typeof location === "string") return selected(location);
  const all: unknown[] = isList(location) ? Array.from(location) : [location];
  return all.filter((each) => each instanceof HTMLElement);
}

function selected(selector: string): HTMLElement[] {
  try {
    return [...document.querySelectorAll<HTMLElement>(selector)];
  } catch (error) {
    // jQuery knows selectors of its own, such as `div.compute:first`.
    const query = window.jQuery as JQuery | undefined;
    if (query?.fn?.jquery === undefined) throw error;
    return elementsAt(query(selector));
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Element) && "length" in value;
}
