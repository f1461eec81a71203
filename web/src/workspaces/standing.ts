/** How what was asked for last has come out, in words: a line that screen readers say as it changes. */
import { html, type ReactiveControllerHost, type TemplateResult } from "lit";

import { t } from "../language";
import { Fault } from "./ask";
import { asLongAs } from "./leaving";
import { keepPlace } from "./place";

export class Standing {
  readonly #host: ReactiveControllerHost;
  #text = "";
  #isFault = false;
  /** Nobody is signed in, and that is why. */
  #isNobody = false;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
  }

  shown(): TemplateResult {
    const way = this.#isNobody ? html` <a href="/sign-in?next=/workspaces" @click=${keepPlace}>${t("Sign in")}</a>` : "";
    return html`<p class="standing ${this.#isFault ? "bad" : ""}" role="status">${this.#text}${way}</p>`;
  }

  /** Says something. */
  say(text: string, isFault = false): void {
    [this.#text, this.#isFault, this.#isNobody] = [text, isFault, false];
    this.#host.requestUpdate();
  }

  /** Does something and says how it came out, or nothing if it was done; returns whether it was. */
  async during(done: string, work: () => Promise<void>): Promise<boolean> {
    if (this.#isFault) this.say("");
    try {
      // What it says itself stays.
      await work();
      if (done !== "") this.say(done);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.say(error.message, true);
      this.#isNobody = error.status === 401;
      return false;
    } finally {
      this.#host.requestUpdate();
    }
    return true;
  }

  /** Changes something, then renews what is shown: if that fails, the change is told as done all the same. */
  async change(done: string, work: () => Promise<void>, renew: () => Promise<void>): Promise<void> {
    if (!(await this.during(done, () => asLongAs(work)))) return;
    const [text, isFault] = [this.#text, this.#isFault];
    try {
      await renew();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.say(`${text} ${t("The list could not be renewed: {why}", { why: error.message })}`.trim(), true);
      return;
    }
    this.say(text, isFault);
  }
}
