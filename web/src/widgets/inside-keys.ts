/** What ipywidgets lets only a pointer do, by the keyboard: folds are opened, and tags written. */

const FOLD = ".jupyter-widget-Collapse-header";
const TAGS = ".jupyter-widget-tagsinput";

/** Lets Tab come to what it passes by, and says what that is. */
export function reachable(): void {
  for (const fold of document.querySelectorAll<HTMLElement>(FOLD)) {
    set(fold, "role", "button");
    set(fold, "tabindex", "0");
    set(fold, "aria-expanded", String(fold.querySelector(".fa-caret-down") !== null));
    const sign = fold.querySelector("i");
    if (sign !== null) set(sign, "aria-hidden", "true");
  }
  for (const tags of document.querySelectorAll<HTMLElement>(TAGS)) {
    set(tags, "role", "group");
    set(tags, "aria-label", "Tags");
    set(tags, "tabindex", "0");
    for (const sign of tags.querySelectorAll("i")) set(sign, "aria-hidden", "true");
  }
}

export function set(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

addEventListener("keydown", (event) => {
  if (!(event.target instanceof HTMLElement) || !event.target.matches(FOLD) || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  event.target.click();
});

// The field for a new tag is there as long as it has the focus; back from it Tab leaves the tags.
addEventListener("focusin", (event) => {
  const from = event.relatedTarget;
  if (!(event.target instanceof HTMLElement) || !event.target.matches(TAGS)) return;
  if (!(from instanceof Node && event.target.contains(from))) event.target.click();
});
