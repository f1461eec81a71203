/** The element of the page: its head, the cells, and the line about the session. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import type { Assistant } from "./assistant";
import type { Cell } from "./cell";
import { CellView } from "./cell-view";
import { Connection } from "./connection";
import { CellEditor } from "./editor-view";
import type { Example } from "./examples";
import type { KeysRow } from "./keys-row";
import { t } from "./language";
import type { LinkDialog } from "./link-dialog";
import type { MenuItem } from "./menu";
import { Notebook } from "./notebook";
import type { protection } from "./protection";
import "./status-line";
import { Store } from "./store";

export class Page extends LitElement {
  readonly #connection = new Connection();
  #notebook: Notebook | undefined;
  /** The cell that the reader was in last. */
  #current: Cell | undefined;
  #focusSoon: Cell | undefined;
  #showsFiles = false;
  #examples: readonly Example[] = [];
  #protection: typeof protection | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("editor-focus", (event) => { this.#editorFocus(event as CustomEvent<boolean>); });
    this.addEventListener("cell-added", (event) => { this.#focusSoon = (event as CustomEvent<Cell>).detail; });
    this.addEventListener("go-to-line", (event) => { this.#goToLine(event as CustomEvent<{ id: string; line: number }>); });
    this.#connection.watch(() => { this.requestUpdate(); });
    void this.#begin();
    // The code of a link shall still be there in the language that is chosen next.
    const choice = document.querySelector<HTMLAnchorElement>('a[href^="/language"]');
    if (choice !== null) choice.search = `?${new URLSearchParams({ next: location.pathname + location.search }).toString()}`;
  }

  async #begin(): Promise<void> {
    const linked = location.search === "" ? undefined : await (await import("./permalink")).readLink(location.search);
    const store = linked === undefined ? Store.common() : Store.ofLink(location.search);
    const cells = linked !== undefined && "cells" in linked ? linked.cells : [];
    this.#connection.start();
    void Promise.all([import("./examples"), import("./protection"), import("./code-language")]).then(([{ EXAMPLES }, { protection }]) => {
      this.#examples = EXAMPLES;
      this.#protection = protection;
      this.requestUpdate();
    });
    const notebook = new Notebook(this.#connection, store, cells);
    if (linked !== undefined && "fault" in linked) notebook.say({ text: linked.fault });
    else if (linked !== undefined) void import("./arrival").then(({ arrive }) => arrive(notebook, linked));
    notebook.watch(() => { this.requestUpdate(); });
    this.#notebook = notebook;
    this.requestUpdate();
    await this.updateComplete;
    await this.#announceNews(notebook);
  }

  async #announceNews(notebook: Notebook): Promise<void> {
    const { Announcer } = await import("./announcer");
    const region = this.querySelector<HTMLElement>(".announcer");
    if (region === null) return;
    const announcer = new Announcer(region);
    notebook.onNews = (cell, evaluation) => { announcer.announce(notebook.cells.indexOf(cell) + 1, cell, evaluation); };
  }

  protected override render(): TemplateResult | typeof nothing {
    const notebook = this.#notebook;
    if (notebook === undefined) return nothing;
    return html`
      <header>
        <a class="name" href="/" title=${t("Your own cells")}>sagews</a>
        <select aria-label=${t("What cells share")} .selectedIndex=${Number(notebook.isApart)} @change=${(event: Event) => { this.#setApart(notebook, event); }}>
          <option>${t("Cells share variables")}</option>
          <option>${t("Each cell by itself")}</option>
        </select>
        <nav aria-label=${t("Page")}>
          <sagews-menu .label=${t("Examples")} .items=${this.#offers(notebook)}></sagews-menu>
          <button class="plain" @click=${() => { void this.#showLink(notebook); }}>${t("Link")}</button>
          ${notebook.isApart ? nothing : html`<button class="plain" aria-expanded=${this.#showsFiles} @click=${() => { void this.#toggleFiles(); }}>${t("Files")}</button>`}
          <button class="plain" @click=${() => { notebook.startAfresh(); }}>${t("New")}</button>
        </nav>
      </header>
      ${this.#notice(notebook)}
      ${this.#showsFiles && !notebook.isApart ? html`<sagews-files .notebook=${notebook} @close=${() => { void this.#toggleFiles(); }}></sagews-files>` : nothing}
      <main>
        ${repeat(
          notebook.cells,
          (cell) => cell.id,
          (cell, place) => html`<sagews-cell .cell=${cell} .number=${place + 1} .notebook=${notebook} .assistant=${this.#assistant}></sagews-cell>`,
        )}
        ${notebook.isPristine ? this.#welcome(notebook) : nothing}
      </main>
      <footer>
        <p>${this.#protection?.(this.#connection)}</p>
      </footer>
      <sagews-status .notebook=${notebook} .connection=${this.#connection}></sagews-status>
      <sagews-keys></sagews-keys>
      <sagews-link-dialog></sagews-link-dialog>
      <div class="announcer" aria-live="polite" role="status"></div>
    `;
  }

  protected override updated(): void {
    const wanted = this.#focusSoon;
    this.#focusSoon = undefined;
    if (wanted !== undefined) this.#viewOf(wanted)?.editor.focus();
  }

  #notice(notebook: Notebook): TemplateResult | typeof nothing {
    const { notice } = notebook;
    if (notice === undefined) return nothing;
    const { action } = notice;
    return html`<div class="notice" role="alert">
      <span>${notice.text}</span>
      ${action === undefined ? nothing : html`<button class="plain" @click=${action.run}>${action.label}</button>`}
      <button class="plain" aria-label=${t("Close this message")} @click=${() => { notebook.say(undefined); }}>×</button>
    </div>`;
  }

  #welcome(notebook: Notebook): TemplateResult {
    return html`<section class="welcome" aria-label=${t("Examples")}>
      <p>${t("Type Python above and evaluate it, or start from an example.")}</p>
      <div class="chips">
        ${this.#examples.map(({ title, code }) => html`<button class="chip" @click=${() => { this.#start(notebook, code); }}>${title}</button>`)}
      </div>
    </section>`;
  }

  #offers(notebook: Notebook): MenuItem[] {
    return this.#examples.map(({ title, code }) => ({ label: title, run: () => { this.#start(notebook, code); } }));
  }

  #start(notebook: Notebook, code: string): void {
    const current = this.#current !== undefined && notebook.cells.includes(this.#current) ? this.#current : notebook.cells.at(-1);
    this.#focusSoon = notebook.offer(current, code);
    this.requestUpdate();
  }

  #setApart(notebook: Notebook, event: Event): void {
    const isApart = (event.target as HTMLSelectElement).selectedIndex === 1;
    notebook.setApart(isApart);
    const { notice } = notebook;
    void import("./sharing").then(({ sharing }) => {
      // What was said meanwhile is newer: that something is broken, or the other choice.
      if (notebook.notice === notice && notebook.isApart === isApart) notebook.say({ text: sharing(isApart) });
    });
  }

  async #showLink(notebook: Notebook): Promise<void> {
    await import("./link-dialog");
    await this.querySelector<LinkDialog>("sagews-link-dialog")?.show(notebook.cells, notebook.session);
  }

  async #toggleFiles(): Promise<void> {
    await import("./files-view");
    this.#showsFiles = !this.#showsFiles;
    this.requestUpdate();
  }

  #viewOf(cell: Cell): CellView | undefined {
    return [...this.querySelectorAll("sagews-cell")].find((view): view is CellView => view instanceof CellView && view.cell === cell);
  }

  #goToLine(event: CustomEvent<{ id: string; line: number }>): void {
    const cell = this.#notebook?.cells.find(({ id }) => id === event.detail.id);
    if (cell !== undefined) this.#viewOf(cell)?.editor.goToLine(event.detail.line);
  }

  #editorFocus(event: CustomEvent<boolean>): void {
    const editor = event.target;
    const view = editor instanceof CellEditor ? editor.closest("sagews-cell") : null;
    if (!(editor instanceof CellEditor) || !(view instanceof CellView)) return;
    if (event.detail) this.#current = view.cell;
    const row = this.querySelector<KeysRow>("sagews-keys");
    if (row === null) return;
    const hasKeys = !matchMedia("(pointer: coarse)").matches;
    if (!hasKeys) void import("./keys-row");
    row.view = event.detail && !hasKeys ? editor.view : undefined;
    row.evaluate = () => { view.evaluate(); };
  }

  /** The session that all cells share answers what editors ask. */
  readonly #assistant: Assistant = {
    isFree: () => this.#connection.state === "open" && this.#notebook?.isApart === false && this.#notebook.pending.length === 0,
    complete: async (code, cursor) => this.#notebook?.needSession().complete(code, cursor),
    inspect: async (code, cursor) => this.#notebook?.needSession().inspect(code, cursor),
  };
}

customElements.define("sagews-page", Page);
