/** "Share" at an evaluation: a link that carries the code, and a short one that the site keeps for a while. Both have
 *  what the controls of its interacts stand at.
 */
import { t } from "../language";
import { LONGEST_LINK, makeLink, type LinkedCell } from "../permalink";
import { makeShort } from "../short-link";
import { made } from "./markup";

/** Returns the button, with what it opens; `states` says what controls stand at, as links have it (`interacts.ts`). */
export function shareView(shared: LinkedCell, states: () => string): HTMLElement {
  const result = made("div", "sagecell_permalink_result");
  result.hidden = true;
  const button = made("button", "", t("Share"));
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  const view = made("div", "sagecell_permalink", button, result);
  /** The states of the links that are there. */
  let filled: string | undefined;
  const open = (isOpen: boolean) => {
    result.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) document.addEventListener("pointerdown", closeOutside);
    else document.removeEventListener("pointerdown", closeOutside);
    const now = states();
    if (!isOpen || filled === now) return;
    filled = now;
    void fillIn(result, shared, now).then((isWhole) => { if (!isWhole && filled === now) filled = undefined; });
  };
  const closeOutside = (event: Event) => { if (!event.composedPath().includes(view)) open(false); };
  button.addEventListener("click", () => { open(result.hidden === true); });
  view.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || result.hidden) return;
    open(false);
    button.focus();
  });
  return view;
}

/** Returns whether all is there. */
async function fillIn(result: HTMLElement, shared: LinkedCell, interacts: string): Promise<boolean> {
  const long = await makeLink(shared, interacts);
  const lines = long.length <= LONGEST_LINK ? [line(link(long, t("Permalink"), t("Carries the code in itself")))] : [];
  result.replaceChildren(...lines, line("…"));
  const short = await makeShort(shared, interacts);
  const isMade = "link" in short;
  const until = isMade && short.expires !== undefined ? ` ${t("(until {date})", { date: short.expires.toLocaleDateString() })}` : "";
  result.replaceChildren(...lines, isMade ? line(link(short.link, t("Short temporary link"), short.link), until) : line(short.fault));
  return isMade;
}

function line(...content: (Node | string)[]): HTMLElement {
  return made("div", "", ...content);
}

function link(address: string, words: string, title: string): HTMLAnchorElement {
  const element = made("a", "", words);
  element.href = address;
  element.title = title;
  element.target = "_blank";
  element.rel = "noopener";
  return element;
}
