/** What an author wrote between the tags of a cell: its code, which reads well where there is no script. */

/** Scripts of another type than the browser's are data. */
const WRITTEN = 'script[type^="text/x-"], pre, code, textarea';

/** Returns the code that an author wrote into an element. */
export function codeOf(element: Element): string {
  const parts = [...element.children].filter((child) => child.slot === "" && child.matches(WRITTEN));
  const own = [...element.childNodes].filter((node) => node instanceof Text).map((text) => text.data);
  return straightened(parts.length > 0 ? parts.map((part) => (part instanceof HTMLTextAreaElement ? part.value : part.textContent)).join("\n") : own.join(""));
}

/** Returns code without empty lines around it, and without the indentation that all of its lines have. */
export function straightened(code: string): string {
  const lines = code.replace(/\r\n?/g, "\n").replace(/^(?:[ \t]*\n)+|\s+$/g, "").split("\n");
  const written = lines.filter((line) => line.trim() !== "");
  let common = /^[ \t]*/.exec(written[0] ?? "")?.[0] ?? "";
  for (const line of written) while (!line.startsWith(common)) common = common.slice(0, -1);
  return lines.map((line) => line.slice(common.length)).join("\n");
}

/** Returns which of its kind an element is in the page, counted from 0. */
export function placeOf(element: Element): number {
  return [...document.querySelectorAll(element.localName)].indexOf(element);
}

/** Returns a name for a cell: the same each time that its page is loaded, another one on other pages. */
export function nameOf(element: Element): string {
  const place = placeOf(element);
  // FNV-1a of 64 bits (draft-eastlake-fnv): the name need not be secret, and `crypto.subtle` is for HTTPS alone.
  let hash = 0xcbf29ce484222325n;
  for (const letter of `${location.pathname} ${element.id === "" ? String(place) : element.id}`) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0) ?? 0)) * 0x100000001b3n);
  }
  return hash.toString(36);
}
