/** The element of the line at the foot of a worksheet: what is saved, who is here, what the session does. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import type { Connection } from "../connection";
import { t, tn } from "../language";
import { colourOf } from "./colour";
import type { Person } from "./presence";
import type { Sync } from "./sync";
import type { Runs } from "./runs";
import { sessionInWords } from "./session-words";

/** Milliseconds for which an edit may be on its way without a word. */
const QUIET = 400;
/** People who are shown one by one. */
const MOST_PEOPLE = 4;

export class StatusView extends LitElement {
  static override properties = { sync: { attribute: false }, runs: { attribute: false } };

  declare sync: Sync;
  declare connection: Connection;
  declare runs: Runs;
  declare stop: () => void;
  declare goTo: (person: Person) => void;

  #stop: (() => void)[] = [];
  #watched: Sync | undefined;
  #clock = 0;
  /** Since when there is something unacknowledged. */
  #since = 0;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#clock = setInterval(() => { this.requestUpdate(); }, 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stop) stop();
    this.#watched = undefined;
    clearInterval(this.#clock);
  }

  /** The page opens another one when the worksheet has another content. */
  protected override willUpdate(): void {
    if (this.#watched === this.sync) return;
    for (const stop of this.#stop) stop();
    this.#watched = this.sync;
    const draw = () => { this.requestUpdate(); };
    this.#stop = [this.connection.watch(draw), this.sync.watch(draw), this.runs.watch(draw)];
  }

  protected override render(): TemplateResult {
    const session = sessionInWords(this.runs.session);
    return html`<div class="status ${session.tone}" role="region" aria-label=${t("Standing")}>
      <span class="dot" aria-hidden="true"></span>
      <span class="status-text"><span class="session">${session.text}</span>${session.warning === "" ? nothing : html` <span class="warning">${session.warning}</span>`}</span>
      ${session.isBusy ? html`<button class="plain" @click=${() => { this.stop(); }}>${t("Interrupt")}</button>` : nothing}
      ${this.#people()}
      <span class="saved" data-unsaved=${this.sync.unacknowledged}>${this.#saved()}</span>
    </div>`;
  }

  /** Says truly what of the worksheet only this browser has. */
  #saved(): TemplateResult {
    const { state, unacknowledged: count, isKeeping, role, trouble, unsaved } = this.sync;
    if (count === 0) this.#since = 0;
    else if (this.#since === 0) this.#since = Date.now();
    const edits = isKeeping
      ? tn("{count} edit kept in this browser", "{count} edits kept in this browser", count)
      : tn("{count} edit only in this tab: do not close it", "{count} edits only in this tab: do not close it", count);
    if (state === "ended") return html`<span class="warning">${trouble || t("Ended")}</span>`;
    if (state === "opening") return html`${t("opening…")}`;
    if (state === "offline") return html`<span class="warning">${t("Offline")}${count === 0 ? nothing : `: ${edits}`}</span>`;
    if (role === "viewer") return html`${t("you look on")}`;
    if (count === 0) return unsaved === "" ? html`${t("All saved")}` : html`<span class="warning" title=${unsaved}>${t("Kept, but not saved into its file: {why}", { why: unsaved })}</span>`;
    if (Date.now() - this.#since < QUIET) {
      setTimeout(() => { this.requestUpdate(); }, QUIET);
      return html`${t("Saving…")}`;
    }
    return html`${t("Saving…")} <span class="warning">${edits}</span>`;
  }

  #people(): TemplateResult | typeof nothing {
    const { people } = this.sync;
    if (people.length === 0) return nothing;
    const chip = (person: Person) => html`<li>
      <button
        class="person"
        style="--person: ${colourOf(person.person)}"
        title=${t("Go to where {name} is", { name: nameOf(person) })}
        aria-label=${t("{name} is here: go there", { name: nameOf(person) })}
        @click=${() => { this.goTo(person); }}
        data-initials=${initialsOf(nameOf(person))}
      ></button>
    </li>`;
    const more = people.length - MOST_PEOPLE;
    return html`<ul class="people" aria-label=${t("Who else is here")}>
      ${people.slice(0, MOST_PEOPLE).map(chip)} ${more > 0 ? html`<li>${t("and {count} more", { count: more })}</li>` : nothing}
    </ul>`;
  }
}

export function nameOf({ name }: Person): string {
  return name.trim() || t("Somebody");
}

function initialsOf(name: string): string {
  const [first = "", last = ""] = [name.split(/\s+/)[0], name.includes(" ") ? name.split(/\s+/).at(-1) : ""];
  return `${Array.from(first)[0] ?? ""}${Array.from(last)[0] ?? ""}`.toUpperCase();
}

customElements.define("sagews-worksheet-status", StatusView);
