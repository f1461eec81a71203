/** Files on their way into a workspace, one after another; when none waits any more, one list says what became of each. */
import { html, nothing, type ReactiveControllerHost, type TemplateResult } from "lit";

import { t } from "../language";
import { Fault } from "./ask";
import { show } from "./dialogs";
import { asLongAs } from "./leaving";
import { endsAll, isGood, ofFailure, ofFault, ofUnsent, sorted, summary, type Outcome } from "./outcome";

/** Bytes of a file that the site takes. Larger ones are not sent: it would cut the connection, and say nothing. */
const MOST_BYTES = 1 << 26;

export class Upload {
  readonly #host: ReactiveControllerHost & Element;
  readonly #put: (file: File) => Promise<Outcome>;
  readonly #renew: () => Promise<void>;
  readonly #waiting: File[] = [];
  #outcomes: Outcome[] = [];
  /** Name of the file that is on its way. */
  #going = "";
  #isRunning = false;
  /** What there is to say of the list of files. */
  #remark = "";

  /** `put` saves a file and `renew` has the list shown as it is then; both raise Fault. */
  constructor(host: ReactiveControllerHost & Element, put: (file: File) => Promise<Outcome>, renew: () => Promise<void>) {
    [this.#host, this.#put, this.#renew] = [host, put, renew];
  }

  shown(): TemplateResult {
    return html`<div class="report" role="status">${this.#isRunning ? this.#progress() : this.#report()}</div>`;
  }

  /** Sends files, after those that are on their way. */
  async add(files: readonly File[]): Promise<void> {
    this.#waiting.push(...files);
    if (this.#isRunning) this.#host.requestUpdate();
    if (this.#isRunning || files.length === 0) return;
    [this.#isRunning, this.#outcomes] = [true, []];
    try {
      await asLongAs(() => this.#run());
    } finally {
      this.#skipRest();
      this.#isRunning = false;
      this.#host.requestUpdate();
    }
    // Who has gone on to another workspace is told there.
    if (!this.#host.isConnected) await show(t("What became of your files"), this.#report());
  }

  async #run(): Promise<void> {
    do {
      for (let file = this.#waiting.shift(); file !== undefined; file = this.#waiting.shift()) {
        this.#going = file.name;
        this.#host.requestUpdate();
        await this.#send(file);
      }
      await this.#look();
    } while (this.#waiting.length > 0);
  }

  async #send(file: File): Promise<void> {
    const why = await whyNot(file);
    try {
      this.#outcomes.push(why === "" ? await this.#put(file) : ofFailure(file.name, why));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#outcomes.push(ofFault(file.name, error));
      if (endsAll(error)) this.#skipRest();
    }
  }

  #skipRest(): void {
    this.#outcomes.push(...this.#waiting.splice(0).map(({ name }) => ofUnsent(name)));
  }

  async #look(): Promise<void> {
    this.#remark = "";
    try {
      await this.#renew();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#remark = `${t("The list below could not be renewed.")} ${error.message}`;
    }
  }

  #progress(): TemplateResult {
    const rest = this.#waiting.length === 0 ? "" : ` ${t("{count} more after it.", { count: this.#waiting.length })}`;
    return html`<p>${t("{name} is on its way …", { name: this.#going })}${rest}</p>`;
  }

  #report(): TemplateResult {
    const [first, ...others] = sorted(this.#outcomes);
    if (first === undefined) return html``;
    const line = (outcome: Outcome) => html`<li class=${isGood(outcome) ? "" : "bad"}>${outcome.text}</li>`;
    const remark = this.#remark === "" ? nothing : html`<p class="bad">${this.#remark}</p>`;
    if (others.length === 0) return html`<p class=${isGood(first) ? "" : "bad"}>${first.text}</p>${remark}`;
    return html`<p>${summary(this.#outcomes)}</p><ul tabindex="0" aria-label=${t("What became of each file")}>${[first, ...others].map(line)}</ul>${remark}`;
  }
}

/** Returns why a file need not be sent; empty: it can be. */
async function whyNot(file: File): Promise<string> {
  if (file.size > MOST_BYTES) return t("It has more than {count} MiB; keep it elsewhere.", { count: MOST_BYTES >> 20 });
  // Folders that are dropped come as files that cannot be read.
  const isReadable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
  return isReadable ? "" : t("It cannot be read: it is a folder, or was changed or removed.");
}
