/** The element of the line that says what the session is doing. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import type { Connection } from "./connection";
import { t } from "./language";
import type { Notebook } from "./notebook";
import { describe } from "./status";

export class StatusLine extends LitElement {
  declare notebook: Notebook;
  declare connection: Connection;

  #stopWatching: (() => void)[] = [];
  #clock = 0;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const draw = () => { this.requestUpdate(); };
    this.#stopWatching = [this.notebook.watch(draw), this.connection.watch(draw)];
    this.#clock = setInterval(draw, 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stopWatching) stop();
    clearInterval(this.#clock);
  }

  protected override render(): TemplateResult {
    const { notebook } = this;
    const { tone, text, warning } = describe(notebook, this.connection);
    const near = warning || this.connection.quota;
    return html`<div class="status ${tone}">
      <span class="dot" aria-hidden="true"></span>
      <span class="status-text">${text}${near === "" ? nothing : html` <span class="warning">${near}</span>`}</span>
      <button class="plain" ?disabled=${notebook.pending.length === 0} @click=${() => { notebook.stop(); }}>${t("Stop")}</button>
      ${notebook.isApart
        ? nothing
        : html`<button class="plain" ?disabled=${notebook.session === undefined} title=${t("Ends the session and its variables, and starts a new one")} @click=${() => { notebook.restart(); }}>${t("Restart")}</button>`}
    </div>`;
  }
}

customElements.define("sagews-status", StatusLine);
