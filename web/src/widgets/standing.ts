/** What is said below a view: that what its reader has done still runs, with a button that stops it; or that this
 *  reader cannot move its controls. */
import { t } from "../language";
import { Behind } from "./behind";
import type { CommLine } from "./line";

/** Milliseconds before a run is worth saying. */
const LONG = 700;

export class Standing {
  readonly element = document.createElement("p");
  readonly #line: CommLine;
  #running = 0;
  #isLong = false;
  #timer = 0;
  readonly #behind: Behind;

  constructor(line: CommLine) {
    this.#line = line;
    this.element.className = "remark widget-standing";
    this.element.setAttribute("role", "status");
    let wasBusy = false;
    this.#behind = new Behind(line, this.element, () => {
      if (this.#behind.isBusy !== wasBusy) this.draw();
      wasBusy = this.#behind.isBusy;
    });
    this.draw();
  }

  /** This reader sees what others do, and can do nothing. */
  get isWatched(): boolean {
    return !this.#line.mayTell && !this.#line.hasEnded;
  }

  /** Knows that the session is to take a message, until the promise is settled. */
  async during(taken: Promise<void>): Promise<void> {
    this.#running += 1;
    if (this.#running === 1) this.#timer = setTimeout(() => { this.#become(true); }, LONG);
    await taken;
    this.#running -= 1;
    if (this.#running > 0) return;
    clearTimeout(this.#timer);
    this.#become(false);
  }

  draw(): void {
    const { element } = this;
    if (this.#isLong && !this.#line.hasEnded) element.replaceChildren(...(this.#behind.isBusy ? [t("waiting")] : [t("running"), " ", this.#stop()]));
    else element.replaceChildren(this.isWatched ? t("You may read this: its controls are moved by those who may edit it.") : "");
    element.hidden = element.textContent === "";
  }

  #stop(): HTMLButtonElement {
    const button = document.createElement("button");
    button.className = "plain";
    button.title = t("Stops what this control has begun");
    button.textContent = t("Stop");
    button.onclick = () => { this.#line.interrupt(); };
    return button;
  }

  #become(isLong: boolean): void {
    if (isLong === this.#isLong) return;
    this.#isLong = isLong;
    if (isLong) this.#behind.begin();
    else this.#behind.end();
    this.draw();
  }
}
