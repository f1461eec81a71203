/** The choice of the language of the selected cells, in the toolbar of a worksheet. Loaded after the page is shown. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import * as Y from "yjs";

import { languageOf } from "../code-magic";
import { t } from "../language";
import { TITLES } from "../titles";
import type { WorksheetDesk } from "./desk";

/** Characters of a kernelspec that are looked at, as on the server. */
const MOST_TEXT = 10_000;

export class CellLanguage extends LitElement {
  static override properties = { desk: { attribute: false } };

  declare desk: WorksheetDesk;

  #watched: WorksheetDesk | undefined;
  #stopWatching: (() => void)[] = [];

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override willUpdate(): void {
    if (this.#watched === this.desk) return;
    this.#stop();
    this.#watched = this.desk;
    const draw = () => { this.requestUpdate(); };
    // The document: somebody else may change the line, too.
    this.#stopWatching = [this.desk, this.desk.document, this.desk.connection].map((each) => each.watch(draw));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { cell } = this.desk.selection;
    if (cell?.type !== "code") return nothing;
    const chosen = languageOf(cell.text);
    const [own = "python", ...others] = this.#offered();
    // A file may bring one that the site has not: what is missing is said when it is evaluated.
    const offered = ["", ...others, ...(chosen === "" || others.includes(chosen) ? [] : [chosen])];
    if (offered.length === 1) return nothing;
    return html`<select
      aria-label=${t("Language of the cell")}
      @change=${(event: Event) => { this.#choose(offered[(event.target as HTMLSelectElement).selectedIndex] ?? ""); }}
      @keydown=${(event: KeyboardEvent) => { this.#pressed(event); }}
    >
      ${offered.map((name) => html`<option .selected=${name === chosen}>${TITLES[name === "" ? own : name] ?? name}</option>`)}
    </select>`;
  }

  /** What the worksheet's environment runs, first its own language. */
  #offered(): readonly string[] {
    const languages = this.desk.connection.welcome?.languages ?? {};
    const { environment } = this.desk.runs.session;
    const name = [environment, ...wished(this.desk.document.doc)].find((each) => Object.hasOwn(languages, each));
    return name === undefined ? Object.values(languages)[0] ?? [] : languages[name] ?? [];
  }

  #choose(language: string): void {
    const { document, selection } = this.desk;
    document.setLanguage(selection.cells, language);
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key !== "Escape" && event.key !== "Enter") return;
    event.preventDefault();
    this.desk.selection.go(this.desk.selection.cell);
  }

  #stop(): void {
    for (const stop of this.#stopWatching) stop();
    this.#watched = undefined;
  }
}

/** Returns the names of environments that a notebook asks for, in the order in which the server looks for them. */
function wished(doc: Y.Doc): string[] {
  const metadata = doc.getMap("meta").get("metadata");
  const text: unknown = metadata instanceof Y.Map ? metadata.get("kernelspec") : undefined;
  if (typeof text !== "string" || text.length > MOST_TEXT) return [];
  try {
    const spec: unknown = JSON.parse(text);
    if (typeof spec !== "object" || spec === null) return [];
    const found = spec as Readonly<Record<string, unknown>>;
    return [found["name"], found["display_name"]].filter((each) => typeof each === "string");
  } catch {
    return [];
  }
}

customElements.define("sagews-cell-language", CellLanguage);
