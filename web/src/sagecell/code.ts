/** Where the code of a cell comes from, the first of: `code`, `codeLocation`, a script in the place, its field, its text. */
import { text, type Given } from "./options";
import { elementsAt } from "./places";

export function codeOf(given: Given, place: HTMLElement): string {
  const { code, codeLocation } = given;
  return (code === undefined ? standing(codeLocation, place) : text(code)).trim();
}

function standing(location: unknown, place: HTMLElement): string {
  if (location !== undefined) return written(elementsAt(location)[0]);
  return written([...place.children].find((child) => child instanceof HTMLScriptElement) ?? place);
}

function written(element: Element | undefined): string {
  if (element instanceof HTMLTextAreaElement) return element.value;
  return element?.textContent ?? "";
}
