/** The versions of a file: a slider through time, their list, in what the chosen one differs, and the way back to it. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { language, t, tn } from "../language";
import { addressOf } from "../worksheets/address";
import { Fault, type Ask } from "../workspaces/ask";
import { question } from "../workspaces/dialogs";
import { Standing } from "../workspaces/standing";
import { differenceView } from "./difference-view";
import { hashOf, type Place } from "./place";
import { Versions, type Difference, type Version } from "./versions";

/** Milliseconds for which the slider rests until what is chosen is fetched. */
const REST = 200;
/** Characters of the first line of a message that are shown. */
const LONGEST_TITLE = 200;
/** Milliseconds until the browser has surely begun to save what it was given. */
const SAVED_AFTER = 60_000;

export class HistoryView extends LitElement {
  declare ask: Ask;
  declare place: Place;

  readonly #standing = new Standing(this);
  #of: Versions | undefined;
  #name = "";
  #maySave = false;
  /** The newest first. */
  #versions: Version[] = [];
  /** The version of the workspace from which they are listed. */
  #from = "";
  #hasMore = false;
  #isRead = false;
  #at = 0;
  /** Whether it is compared with the newest version, and not with the one before it. */
  #withNow = false;
  #difference: Difference | undefined;
  /** One more for each that is asked for: of two answers, the later one is shown. */
  #asked = 0;
  #resting = 0;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#of = new Versions(this.ask, this.place.workspace, this.place.path);
    void this.#standing.during("", async () => {
      const found = await this.ask.find(encodeURIComponent(this.place.workspace));
      this.#name = found.name;
      this.#maySave = found.role === "editor" || found.role === "owner";
      await this.#begin(this.place.version);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#resting);
  }

  protected override render(): TemplateResult {
    const link = this.place.link === "" ? "" : `&link=${encodeURIComponent(this.place.link)}`;
    return html`<nav class="way" aria-label=${t("Page")}>
        <a href="/workspaces#id=${encodeURIComponent(this.place.workspace)}${link}">${this.#name || t("Workspace")}</a>
        ${this.place.path.endsWith(".ipynb") ? html`<a href=${addressOf(this.place)}>${t("Open the worksheet")}</a>` : nothing}
      </nav>
      <h1>${t("History of {path}", { path: this.place.path })}</h1>
      ${this.#standing.shown()}
      ${this.#chosen === undefined ? this.#nothing() : this.#shown(this.#chosen)}`;
  }

  get #chosen(): Version | undefined {
    return this.#versions[this.#at];
  }

  /** The version with which the chosen one is compared; undefined: there is none. */
  get #other(): Version | undefined {
    return this.#withNow ? this.#versions[0] : this.#versions[this.#at + 1];
  }

  #nothing(): TemplateResult {
    return html`${this.#isRead ? html`<p class="soft">${t("No version has such a file.")}</p>` : nothing}`;
  }

  #shown(chosen: Version): TemplateResult {
    const last = this.#versions.length - 1;
    const place = last + 1 - this.#at;
    const words = `${this.#hasMore ? t("Version {place} of {count} or more", { place, count: last + 1 }) : t("Version {place} of {count}", { place, count: last + 1 })}: ${authored(chosen)}`;
    return html`<div class="through">
        <label for="through">${t("Version")}</label>
        <input id="through" type="range" min="0" max=${last} .value=${String(last - this.#at)} ?disabled=${last === 0}
          aria-valuetext=${words} @input=${(event: Event) => { this.#slid(event); }} />
        <p class="version">${words}<br /><strong>${titled(chosen)}</strong></p>
      </div>
      <div class="actions">
        ${this.#maySave && this.#at > 0 ? html`<button class="main" @click=${() => { void this.#restore(chosen); }}>${t("Bring it back")}</button>` : nothing}
        <button @click=${() => { void this.#download(chosen); }}>${t("Download it")}</button>
        <label>${t("Compare it with")}
          <select @change=${(event: Event) => { this.#compared(event); }}>
            <option value="before" ?selected=${!this.#withNow}>${t("the version before")}</option>
            <option value="now" ?selected=${this.#withNow}>${t("the newest one")}</option>
          </select>
        </label>
      </div>
      <h2>${t("What differs")}</h2>
      ${this.#difference === undefined ? html`<p class="soft">…</p>` : differenceView(this.#difference)}
      <h2>${tn("{count} version", "{count} versions", last + 1)}${this.#hasMore ? ` ${t("and more")}` : ""}</h2>
      <ol class="versions">${this.#versions.map((version, at) => this.#entry(version, at))}</ol>
      ${this.#hasMore ? html`<p class="actions"><button @click=${() => { void this.#more(); }}>${t("Older ones")}</button></p>` : nothing}`;
  }

  #entry(version: Version, at: number): TemplateResult {
    return html`<li>
      <button aria-current=${at === this.#at ? "true" : nothing} @click=${() => { this.#choose(at); }}>
        ${titled(version)} <span class="soft">${authored(version)}</span>
      </button>
    </li>`;
  }

  // ----------------------------------------------------------------- choosing

  #slid(event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    this.#at = this.#versions.length - 1 - Number(event.target.value);
    clearTimeout(this.#resting);
    this.#resting = window.setTimeout(() => { this.#choose(this.#at); }, REST);
    this.requestUpdate();
  }

  #compared(event: Event): void {
    if (!(event.target instanceof HTMLSelectElement)) return;
    this.#withNow = event.target.value === "now";
    void this.#compare();
  }

  #choose(at: number): void {
    this.#at = at;
    const place = { ...this.place, version: at === 0 ? "" : (this.#chosen?.id ?? "") };
    history.replaceState(null, "", location.pathname + hashOf(place));
    this.requestUpdate();
    void this.#compare();
  }

  // ------------------------------------------------------------------- asking

  /** Lists the newest versions, and chooses one of them. */
  async #begin(wanted: string): Promise<void> {
    if (this.#of === undefined) return;
    ({ from: this.#from, versions: this.#versions, more: this.#hasMore } = await this.#of.page("", 0));
    this.#isRead = true;
    while (this.#hasMore && wanted !== "" && !this.#versions.some(({ id }) => id === wanted)) await this.#older();
    this.#at = Math.max(0, this.#versions.findIndex(({ id }) => id === wanted));
    await this.#fetch();
  }

  async #older(): Promise<void> {
    if (this.#of === undefined) return;
    const { versions, more } = await this.#of.page(this.#from, this.#versions.length);
    this.#versions = [...this.#versions, ...versions];
    this.#hasMore = more && versions.length > 0;
  }

  async #more(): Promise<void> {
    await this.#standing.during("", () => this.#older());
  }

  async #compare(): Promise<void> {
    await this.#standing.during("", () => this.#fetch());
  }

  async #fetch(): Promise<void> {
    const [chosen, number] = [this.#chosen, (this.#asked += 1)];
    if (this.#of === undefined || chosen === undefined) return;
    if (this.#at === this.#versions.length - 1 && this.#hasMore) await this.#older();
    const other = this.#other;
    const found = await (this.#withNow && other !== undefined ? this.#of.difference(chosen.id, other.id) : this.#of.difference(other?.id, chosen.id));
    if (number === this.#asked) this.#difference = found;
    this.requestUpdate();
  }

  async #restore(version: Version): Promise<void> {
    const text = t("It becomes the newest version. Those after it stay in the history.");
    if ((await question({ title: t("Bring back the version of {when}?", { when: when(version) }), text, go: t("Bring it back") })) === undefined) return;
    const restored = async () => {
      const remarks = (await this.#of?.restore(version.id)) ?? [];
      this.#standing.say(remarks.length === 0 ? t("It is the newest version now.") : remarks.join(" "), remarks.length > 0);
    };
    await this.#standing.change("", restored, () => this.#begin(""));
  }

  async #download(version: Version): Promise<void> {
    await this.#standing.during("", async () => {
      const content = await this.#of?.content(version.id);
      if (content === undefined) throw new Fault(0, t("There is nothing to download."));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
      link.download = this.place.path.slice(this.place.path.lastIndexOf("/") + 1);
      link.click();
      setTimeout(() => { URL.revokeObjectURL(link.href); }, SAVED_AFTER);
    });
  }
}

function when({ time }: Version): string {
  return new Date(time * 1000).toLocaleString(language === "en" ? [] : language, { dateStyle: "medium", timeStyle: "short" });
}

function titled({ message }: Version): string {
  return message.split("\n")[0]?.slice(0, LONGEST_TITLE) || t("Without a word");
}

/** Says who made a version; of one that was not made here, that it is the commit which says so. */
function authored(version: Version): string {
  const author = version.author || t("Somebody");
  if (version.came === "saved") return `${author}, ${when(version)}`;
  const says = t("says it is by {author}", { author: version.email === "" ? author : `${author} <${version.email}>` });
  return [says, ...brought(version), when(version)].join(", ");
}

function brought({ came, bringer: name }: Version): string[] {
  if (name === "") return [];
  return [came === "pushed" ? t("pushed by {name}", { name }) : t("imported by {name}", { name })];
}

customElements.define("sagews-history", HistoryView);
