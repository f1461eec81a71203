/** The choice of the language of a cell's code, among those that the site runs. Loaded after the page is shown. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import type { Cell } from "./cell";
import type { Connection } from "./connection";
import { t } from "./language";
import { TITLES } from "./titles";

export class CodeLanguage extends LitElement {
  declare cell: Cell;
  declare number: number;
  declare connection: Connection;

  #stopWatching: (() => void)[] = [];

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const draw = () => { this.requestUpdate(); };
    this.#stopWatching = [this.cell.watch(draw), this.connection.watch(draw)];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stopWatching) stop();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { language } = this.cell;
    // Those of the site's first environment, which is where cells run.
    const [own = "python", ...others] = Object.values(this.connection.welcome?.languages ?? {})[0] ?? [];
    // A link may bring one that the site has not: what is missing is said when it is evaluated.
    const offered = ["", ...others, ...(language === "" || others.includes(language) ? [] : [language])];
    if (offered.length === 1) return nothing;
    return html`<select aria-label=${t("Language of cell {number}", { number: this.number })} @change=${(event: Event) => { this.#choose(event, offered); }}>
      ${offered.map((name) => html`<option .selected=${name === language}>${TITLES[name === "" ? own : name] ?? name}</option>`)}
    </select>`;
  }

  #choose(event: Event, offered: readonly string[]): void {
    this.cell.language = offered[(event.target as HTMLSelectElement).selectedIndex] ?? "";
  }
}

customElements.define("sagews-code-language", CodeLanguage);
