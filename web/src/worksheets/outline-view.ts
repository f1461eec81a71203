/** The element of the outline: the headings of a worksheet, each of which leads to its cell. */
import { LitElement, html, type TemplateResult } from "lit";

import { t } from "../language";
import type { WorksheetDocument } from "./document";
import { headings } from "./outline";
import type { WorksheetCell } from "./worksheet-cell";

export class OutlineView extends LitElement {
  declare document: WorksheetDocument;
  declare goTo: (cell: WorksheetCell) => void;
  declare close: () => void;

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
    this.querySelector("button")?.focus();
  }

  protected override render(): TemplateResult {
    const found = headings(this.document.cells);
    return html`<nav class="outline" aria-label=${t("Outline")} @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape") this.close(); }}>
      <div class="outline-head"><h2>${t("Outline")}</h2><button class="plain" aria-label=${t("Close the outline")} @click=${() => { this.close(); }}>×</button></div>
      ${found.length === 0 ? html`<p class="soft">${t("Headings of Markdown cells, such as {example}, are listed here.", { example: "# Rings" })}</p>` : ""}
      <ul>
        ${found.map(
          ({ cell, level, text }) => html`<li style="--level: ${level - 1}">
            <button class="plain" @click=${() => { this.goTo(cell); }}>${text}</button>
          </li>`,
        )}
      </ul>
    </nav>`;
  }
}

customElements.define("sagews-outline", OutlineView);
