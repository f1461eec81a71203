/** The element that finds and replaces in all cells. */
import { LitElement, html, type TemplateResult } from "lit";

import { t, tn } from "../language";
import type { WorksheetDocument } from "./document";
import { find, patternOf, replace, type Found, type Wanted } from "./find";

export class FindView extends LitElement {
  declare document: WorksheetDocument;
  declare mayWrite: boolean;
  /** Shows a place to the reader. */
  declare show: (found: Found) => void;
  declare close: () => void;

  #wanted: Wanted = { text: "", isExact: false, isPattern: false };
  #by = "";
  #at = -1;
  #stop: () => void = () => undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = this.document.watch(() => { this.requestUpdate(); });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override firstUpdated(): void {
    this.querySelector("input")?.focus();
  }

  protected override render(): TemplateResult {
    const found = find(this.document.cells, this.#wanted);
    const option = (name: "isExact" | "isPattern", label: string) => html`<label class="option">
      <input type="checkbox" .checked=${this.#wanted[name]} @change=${() => { this.#want({ [name]: !this.#wanted[name] }); }} />${label}
    </label>`;
    return html`<form class="find" role="search" aria-label=${t("Find and replace")} @submit=${(event: Event) => { event.preventDefault(); this.#go(1); }} @keydown=${(event: KeyboardEvent) => { this.#onKey(event); }}>
      <label>${t("Find")} <input name="find" autocomplete="off" spellcheck="false" .value=${this.#wanted.text} @input=${(event: InputEvent) => { this.#want({ text: (event.target as HTMLInputElement).value }); }} /></label>
      <span class="found" role="status">${this.#inWords(found)}</span>
      <button type="button" class="plain" @click=${() => { this.#go(-1); }}>${t("Previous")}</button>
      <button class="plain">${t("Next")}</button>
      ${option("isExact", t("Match case"))} ${option("isPattern", t("Pattern"))}
      ${this.mayWrite
        ? html`<label>${t("Replace by")} <input name="by" autocomplete="off" spellcheck="false" .value=${this.#by} @input=${(event: InputEvent) => { this.#by = (event.target as HTMLInputElement).value; }} /></label>
          <button type="button" class="plain" @click=${() => { this.#replace(); }}>${t("Replace")}</button>
          <button type="button" class="plain" @click=${() => { replace(this.document, found, this.#wanted, this.#by); }}>${t("Replace all")}</button>`
        : ""}
      <button type="button" class="plain" aria-label=${t("Close find and replace")} @click=${() => { this.close(); }}>×</button>
    </form>`;
  }

  #inWords(found: readonly Found[]): string {
    if (this.#wanted.text === "") return "";
    if (patternOf(this.#wanted) === undefined) return t("no pattern");
    return found.length > 0 && this.#at >= 0 ? t("{place} of {count}", { place: Math.min(this.#at + 1, found.length), count: found.length }) : tn("{count} place", "{count} places", found.length);
  }

  #want(change: Partial<Wanted>): void {
    this.#wanted = { ...this.#wanted, ...change };
    this.#at = -1;
    this.requestUpdate();
  }

  #go(by: 1 | -1): void {
    const found = find(this.document.cells, this.#wanted);
    if (found.length === 0) return;
    this.#at = this.#at < 0 ? (by > 0 ? 0 : found.length - 1) : (this.#at + by + found.length) % found.length;
    const place = found[this.#at];
    if (place !== undefined) this.show(place);
    this.requestUpdate();
  }

  /** Replaces the place that is shown, and shows the next. */
  #replace(): void {
    const place = find(this.document.cells, this.#wanted)[Math.max(this.#at, 0)];
    if (place === undefined) return;
    replace(this.document, [place], this.#wanted, this.#by);
    this.#at = Math.max(this.#at, 0) - 1;
    this.#go(1);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.shiftKey) this.#go(-1);
    else return;
    event.preventDefault();
  }
}

customElements.define("sagews-find", FindView);
