/** The log of a cell in the mode `debug`: what its session was asked and what it has told, the newest below. */
import { made } from "./markup";

const MOST_LINES = 500;
/** Characters of a message that are shown. */
const LONGEST = 1_000;

export class MessageLog {
  readonly #view = made("pre", "sagecell_messageLog");

  constructor(place: HTMLElement) {
    this.#view.tabIndex = 0;
    this.#view.setAttribute("aria-label", "Messages");
    place.replaceChildren(this.#view);
  }

  /** Shows a message: `→` asked, `←` told. */
  add(way: "→" | "←", message: unknown): void {
    const text = JSON.stringify(message);
    this.#view.append(made("div", "", `${way} ${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}`));
    if (this.#view.childElementCount > MOST_LINES) this.#view.firstElementChild?.remove();
    this.#view.scrollTop = this.#view.scrollHeight;
  }
}
