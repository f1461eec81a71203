/** The dialog with the link that carries the page's code. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { LONGEST_LINK, makeLink } from "./permalink";
import { countInWords } from "./words";

export class LinkDialog extends LitElement {
  static override properties = { link: { state: true }, isCopied: { state: true } };

  declare link: string;
  declare isCopied: boolean;

  constructor() {
    super();
    this.link = "";
    this.isCopied = false;
  }

  protected override createRenderRoot(): this {
    return this;
  }

  async show(codes: string[]): Promise<void> {
    this.link = await makeLink(codes);
    this.isCopied = false;
    await this.updateComplete;
    this.querySelector("dialog")?.showModal();
    this.querySelector("input")?.select();
  }

  protected override render(): TemplateResult {
    const isTooLong = this.link.length > LONGEST_LINK;
    return html`<dialog aria-labelledby="link-title" @click=${(event: Event) => { this.#closeAround(event); }}>
      <div class="dialog">
        <h2 id="link-title">Link to this code</h2>
        ${isTooLong ? this.#tooLong() : this.#offer()}
        <div class="dialog-actions">
          ${isTooLong ? nothing : html`<button class="main" @click=${() => { void this.#copy(); }}>${this.isCopied ? "Copied" : "Copy"}</button>`}
          <button class="plain" @click=${() => { this.querySelector("dialog")?.close(); }}>Close</button>
        </div>
      </div>
    </dialog>`;
  }

  #offer(): TemplateResult {
    return html`<p>The link carries the code itself; nothing is stored on the server. Whoever opens it sees the code, and decides whether to evaluate it.</p>
        <input readonly aria-label="Link" .value=${this.link} />`;
  }

  #tooLong(): TemplateResult {
    const { length } = this.link;
    return html`<p role="alert">This code is too long for a link: it would have ${countInWords(length, "character")}, and more than ${countInWords(LONGEST_LINK, "character")} cannot be opened everywhere. Remove cells, or send the code as a file.</p>`;
  }

  async #copy(): Promise<void> {
    this.querySelector("input")?.select();
    try {
      await navigator.clipboard.writeText(this.link);
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

customElements.define("sagews-link-dialog", LinkDialog);
