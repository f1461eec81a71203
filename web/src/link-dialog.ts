/** The dialog with the link that carries the page's code, or with a short one to where the site keeps it. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import style from "./dialog.css";
import type { Cell } from "./cell";
import { statesOf } from "./interacts";
import { language, t } from "./language";
import { LONGEST_LINK, join, makeLink, type LinkedCell } from "./permalink";
import { makeShort, type ShortLink } from "./short-link";
import type { Session } from "./session";
import { addStyle } from "./style";

export class LinkDialog extends LitElement {
  static override properties = {
    link: { state: true },
    short: { state: true },
    fault: { state: true },
    isCopied: { state: true },
    isMaking: { state: true },
  };

  declare link: string;
  declare short: ShortLink | undefined;
  declare fault: string;
  declare isCopied: boolean;
  declare isMaking: boolean;
  #linked: LinkedCell = { code: "", language: "" };
  #interacts = "";

  constructor() {
    super();
    this.link = "";
    this.#forget();
  }

  protected override createRenderRoot(): this {
    return this;
  }

  async show(cells: readonly Cell[], session?: Session): Promise<void> {
    this.#linked = join(cells);
    this.#interacts = session === undefined ? "" : statesOf(cells, session);
    this.#forget();
    this.link = await makeLink(this.#linked, this.#interacts);
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
    this.querySelector("input")?.select();
  }

  #forget(): void {
    this.short = undefined;
    this.fault = "";
    this.isCopied = false;
    this.isMaking = false;
  }

  protected override render(): TemplateResult {
    const link = this.short?.link ?? this.link;
    const isTooLong = link.length > LONGEST_LINK;
    return html`<dialog aria-labelledby="link-title" @click=${(event: Event) => { this.#closeAround(event); }}>
      <div class="dialog">
        <h2 id="link-title">${t("Link to this code")}</h2>
        ${isTooLong ? this.#tooLong() : html`<p>${this.#explanation()}</p>
        <input readonly aria-label=${t("Link")} .value=${link} />`}
        ${this.fault === "" ? nothing : html`<p role="alert">${this.fault}</p>`}
        <div class="dialog-actions">
          ${isTooLong ? nothing : html`<button class="main" @click=${() => { void this.#copy(); }}>${this.isCopied ? t("Copied") : t("Copy")}</button>`}
          ${this.short === undefined ? html`<button class="plain" ?disabled=${this.isMaking} @click=${() => { void this.#shorten(); }}>${t("Make a short link")}</button>` : nothing}
          <button class="plain" @click=${() => { this.querySelector("dialog")?.close(); }}>${t("Close")}</button>
        </div>
      </div>
    </dialog>`;
  }

  #explanation(): string {
    const decides = [t("Whoever opens it sees the code, and decides whether to evaluate it."), ...(this.#interacts === "" ? [] : [t("The controls will stand there as they stand here.")])].join(" ");
    if (this.short === undefined) return `${t("The link carries the code itself; nothing is stored on the server.")} ${decides}`;
    const { expires } = this.short;
    const kept = expires === undefined ? t("The server keeps the code, and the link leads to it.") : t("The server keeps the code until {day}, and the link leads to it.", { day: expires.toLocaleDateString(language, { dateStyle: "long" }) });
    return `${kept} ${decides}`;
  }

  #tooLong(): TemplateResult {
    const { length } = this.link;
    return html`<p role="alert">${t("This code is too long for a link that carries it: it would have {length} characters, and more than {most} cannot be opened everywhere. Make a short link, remove cells, or send the code as a file.", { length, most: LONGEST_LINK })}</p>`;
  }

  async #shorten(): Promise<void> {
    this.isMaking = true;
    const made = await makeShort(this.#linked, this.#interacts);
    this.isMaking = false;
    this.isCopied = false;
    if ("fault" in made) {
      this.fault = made.fault;
      return;
    }
    this.short = made;
    this.fault = "";
    await this.updateComplete;
    this.querySelector("input")?.select();
  }

  async #copy(): Promise<void> {
    this.querySelector("input")?.select();
    try {
      await navigator.clipboard.writeText(this.short?.link ?? this.link);
    } catch {
      // Without HTTPS a page has no clipboard of its own; the old command copies what is selected.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      document.execCommand("copy");
    }
    this.isCopied = true;
  }

  #closeAround(event: Event): void {
    if (event.target instanceof HTMLDialogElement) event.target.close();
  }
}

addStyle(style);
customElements.define("sagews-link-dialog", LinkDialog);
