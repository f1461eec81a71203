/** The element of the worksheet page: its head, the toolbar, the cells, and the line about what is saved and runs. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { Announcer } from "../announcer";
import { Connection } from "../connection";
import "../keys-row";
import { t } from "../language";
import type { KeysRow } from "../keys-row";
import { CellView, type CellOwner } from "./cell-view";
import { cellRun } from "./cell-run";
import { WorksheetDesk } from "./desk";
import { Keyboard } from "./keyboard";
import { placeOf } from "./address";
import { head } from "./head-view";
import { leftovers } from "./leftovers";
import type { Person } from "./presence";
import "./status-view";
import { toolbar } from "./toolbar-view";
import type { WorksheetCell } from "./worksheet-cell";

/** Id of who is signed in; empty: nobody is. */
const account = document.querySelector<HTMLMetaElement>("meta[name=account]")?.content ?? "";
/** The worksheet of this page. */
const found = placeOf(location);
const place = found === undefined ? undefined : { ...found, account };

/** Where a cell stands among the others. */
interface Place {
  number: number;
  current: WorksheetCell | undefined;
  isSelected: boolean;
}

export class WorksheetPage extends LitElement {
  readonly #connection = new Connection();
  readonly #keyboard = new Keyboard();
  #desk: WorksheetDesk | undefined;
  #owner: CellOwner | undefined;
  #shows = new Set<"files" | "find" | "outline">();
  #announcer: Announcer | undefined;
  /** Where the focus was before the page was drawn anew. */
  #focus: { view: CellView; isWriting: boolean } | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (place === undefined) return;
    // What is typed first is not to wait for it.
    void import("./code-editor");
    void import("./cell-language");
    this.#connection.start();
    this.#open();
    document.addEventListener("keydown", (event) => { this.#pressed(event); });
    addEventListener("beforeunload", (event) => {
      const sync = this.#desk?.sync;
      if (sync !== undefined && sync.unacknowledged > 0 && !sync.isKeeping) event.preventDefault();
    });
  }

  /** Opens the worksheet, with nothing of what was open before. */
  #open(): void {
    if (place === undefined) return;
    this.#desk?.close();
    this.#shows.delete("files");
    const desk = new WorksheetDesk(this.#connection, place, {
      show: (what) => { void this.#show(what); },
      ask: async (title, text, go) => (await (await import("../workspaces/dialogs")).question({ title, text, go })) !== undefined,
    });
    desk.runs.onNews = (evaluation) => {
      const number = desk.document.cells.findIndex(({ id }) => id === evaluation.cell) + 1;
      if (number > 0) this.#announcer?.announce(number, { evaluation }, evaluation);
    };
    desk.watch(() => { this.requestUpdate(); });
    this.#desk = desk;
    this.#owner = this.#ownerOf(desk);
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const desk = this.#desk;
    const owner = this.#owner;
    if (place === undefined || desk === undefined || owner === undefined) return html`<main><h1>${t("Worksheet")}</h1><p>${t("This address names no worksheet.")} <a href="/workspaces">${t("Your workspaces")}</a></p></main>`;
    const { sync, selection, document: worksheet } = desk;
    const name = place.path.slice(place.path.lastIndexOf("/") + 1);
    const [current, selected] = [selection.cell, new Set(selection.cells)];
    document.title = `${name}: sagews`;
    return html`
      ${head({ place, name, mayWrite: desk.mayWrite, run: (errand) => { void desk.errand(errand); } })}
      <div class="tools" role="region" aria-label=${t("Tools")}>
        ${toolbar({ desk, type: current?.type ?? "code", mayWrite: desk.mayWrite, perform: (what) => { desk.perform(what); } })}
        ${this.#shows.has("find")
          ? html`<sagews-find .document=${worksheet} .mayWrite=${desk.mayWrite} .show=${(found: { cell: WorksheetCell; from: number; to: number }) => { this.#showPlace(found); }} .close=${() => { this.#hide("find"); }}></sagews-find>`
          : nothing}
        ${this.#notices(desk)}
      </div>
      ${this.#shows.has("outline")
        ? html`<sagews-outline .document=${worksheet} .goTo=${(cell: WorksheetCell) => { selection.go(cell); }} .close=${() => { this.#hide("outline"); }}></sagews-outline>`
        : nothing}
      ${this.#shows.has("files") && desk.mayWrite
        ? html`<sagews-session-files .line=${desk.files} .runs=${desk.runs} .close=${() => { this.#hide("files"); }}></sagews-session-files>`
        : nothing}
      <main aria-label=${t("Cells")} aria-busy=${!desk.isThere}>
        ${repeat(
          worksheet.cells,
          ({ id }) => id,
          (cell, number) => this.#cell(desk, owner, cell, { number: number + 1, current, isSelected: selected.has(cell) }),
        )}
        ${desk.mayWrite ? this.#end(desk) : nothing} ${desk.isThere || sync.state === "ended" ? nothing : html`<p class="soft">${t("Opening {name}…", { name })}</p>`}
      </main>
      <sagews-worksheet-status
        .sync=${sync}
        .connection=${this.#connection}
        .runs=${desk.runs}
        .stop=${() => { desk.perform("interrupt"); }}
        .goTo=${(person: Person) => { selection.go(worksheet.find(person.cell)); }}
      ></sagews-worksheet-status>
      <sagews-keys></sagews-keys>
      <div class="announcer" aria-live="polite" role="status"></div>
    `;
  }

  protected override willUpdate(): void {
    const view = this.querySelector<CellView>("sagews-worksheet-cell:focus-within");
    this.#focus = view === null ? undefined : { view, isWriting: view.source.view?.hasFocus === true };
  }

  protected override updated(): void {
    this.#keepFocus();
    const region = this.querySelector<HTMLElement>(".announcer");
    if (region !== null) this.#announcer ??= new Announcer(region);
    for (const view of this.#views) view.renew();
  }

  /** An element that goes to another place among its neighbours loses the focus: who writes there writes on. */
  #keepFocus(): void {
    if (this.#focus === undefined || document.activeElement !== document.body || !this.#focus.view.isConnected) return;
    const { view, isWriting } = this.#focus;
    if (isWriting) view.source.focusAt(undefined);
    else view.querySelector<HTMLElement>("section.cell")?.focus();
  }

  get #views(): NodeListOf<CellView> {
    return this.querySelectorAll<CellView>("sagews-worksheet-cell");
  }

  #viewOf(cell: WorksheetCell | undefined): CellView | undefined {
    return [...this.#views].find((view) => view.cell === cell);
  }

  // ------------------------------------------------------------------- parts

  #cell({ selection, mayWrite }: WorksheetDesk, owner: CellOwner, cell: WorksheetCell, { number, current, isSelected }: Place): TemplateResult {
    const isCurrent = cell === current;
    return html`<sagews-worksheet-cell
      .owner=${owner}
      .cell=${cell}
      .number=${number}
      .mayWrite=${mayWrite}
      .isCurrent=${isCurrent}
      .isSelected=${isSelected}
      .mode=${isCurrent ? selection.mode : "command"}
      .cursor=${isCurrent ? selection.cursor : undefined}
      .wish=${isCurrent ? selection.wishFor(cell) : 0}
    ></sagews-worksheet-cell>`;
  }

  #end({ document, selection }: WorksheetDesk): TemplateResult {
    const add = (type: "code" | "markdown") => { selection.go(document.insertCell(document.cells.length, type), "edit"); };
    return html`${document.cells.length > 0 ? nothing : html`<p class="soft first">${t("This worksheet is empty. Add a cell, write Python in it, and run it with Shift+Enter; Markdown is for text and formulas.")}</p>`}<div class="end">
      <button class="plain" @click=${() => { add("code"); }}>+ ${t("Code")}</button>
      <button class="plain" @click=${() => { add("markdown"); }}>+ ${t("Markdown")}</button>
    </div>`;
  }

  #notices(desk: WorksheetDesk): TemplateResult {
    const { sync, notice } = desk;
    const { trouble } = desk.runs;
    const told = sync.state === "ended"
      ? html`<div class="notice" role="alert"><span>${sync.trouble || t("This worksheet is open no more.")}</span><button class="plain" @click=${() => { this.#open(); }}>${t("Open it again")}</button>${account === "" ? html`<a href="/sign-in?next=/workspaces">${t("Sign in")}</a>` : nothing}</div>`
      : sync.trouble === "" ? nothing : html`<div class="notice" role="alert"><span>${sync.trouble}</span></div>`;
    const said = notice === "" ? nothing : html`<div class="notice" role="status"><span>${notice}</span><button class="plain" aria-label=${t("Close this message")} @click=${() => { desk.say(""); }}>×</button></div>`;
    const refused = trouble === "" ? nothing : html`<div class="notice" role="alert"><span>${trouble}</span></div>`;
    return html`${told} ${refused} ${said} ${leftovers(sync)}`;
  }

  // ---------------------------------------------------------- find, outline

  async #show(what: "files" | "find" | "help" | "language" | "outline"): Promise<void> {
    if (what === "language") {
      this.querySelector<HTMLElement>("sagews-cell-language select")?.focus();
      return;
    }
    if (what === "help") {
      await (await import("./help-view")).showHelp();
      return;
    }
    if (what === "files") await import("./session-files-view");
    else if (what === "find") await import("./find-view");
    else await import("./outline-view");
    if (what !== "find" && this.#shows.has(what)) this.#shows.delete(what);
    else this.#shows.add(what);
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector<HTMLElement>(what === "find" ? "sagews-find input" : "sagews-outline button")?.focus();
  }

  #hide(what: "files" | "find" | "outline"): void {
    this.#shows.delete(what);
    const selection = this.#desk?.selection;
    selection?.go(selection.cell);
    this.requestUpdate();
  }

  #showPlace({ cell, from, to }: { cell: WorksheetCell; from: number; to: number }): void {
    const view = this.#viewOf(cell);
    if (view === undefined) return;
    this.#desk?.selection.isAt(cell, "edit");
    view.scrollIntoView({ block: "center" });
    void view.updateComplete.then(() => { view.source.select(from, to); });
  }

  // -------------------------------------------------------------------- keys

  #pressed(event: KeyboardEvent): void {
    const desk = this.#desk;
    const target = event.composedPath()[0];
    if (desk === undefined || event.defaultPrevented || event.isComposing || !(target instanceof Element)) return;
    // Where nothing has the focus, the cell is meant that had it last.
    if (!target.matches("section.cell, body")) {
      if (event.key === "Escape" && target.closest("sagews-outputs") !== null) desk.selection.go(desk.selection.cell);
      return;
    }
    // On its way into an editor, what is typed is no command.
    if (desk.selection.mode === "edit" && !target.matches("section.cell")) {
      const text = event.key === "Enter" ? "\n" : event.key;
      if (text.length > 1 || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.#viewOf(desk.selection.cell)?.source.type(text);
      return;
    }
    const name = this.#keyboard.pressed(event);
    if (name === undefined) return;
    event.preventDefault();
    desk.perform(name);
  }

  #ownerOf(desk: WorksheetDesk): CellOwner {
    const { selection, document: worksheet } = desk;
    return {
      document: worksheet,
      assistant: desk.assistant,
      get mayWrite() { return desk.mayWrite; },
      perform: (name) => { desk.perform(name); },
      entered: (cell, mode) => {
        selection.isAt(cell, mode);
        desk.entered(cell);
      },
      write: (cell) => { selection.go(cell, "edit"); },
      left: (by) => {
        const next = worksheet.cells[selection.place + by];
        if (next === undefined) return false;
        if (next.type === "markdown") selection.go(next);
        else selection.goInto(next, by > 0 ? "start" : "end");
        return true;
      },
      focused: (view, isFocused) => { this.#focused(view, isFocused); },
      selected: (cell, anchor, head) => { desk.selected(cell, anchor, head); },
      runOf: (cell) => cellRun(desk, cell),
      cursorsIn: (cell) => desk.cursorsIn(cell),
      reply: (evaluation, sequence, text) => { desk.runs.answer(evaluation, sequence, text); },
      commLine: () => desk.commLine,
      goTo: (id, line) => {
        const view = this.#viewOf(worksheet.find(id));
        view?.source.goToLine(line);
      },
    };
  }

  /** Shows the row of keys that a phone lacks, while an editor has the focus. */
  #focused(view: CellView, isFocused: boolean): void {
    const row = this.querySelector<KeysRow>("sagews-keys");
    if (row === null || !matchMedia("(pointer: coarse)").matches) return;
    row.view = isFocused ? view.source.view : undefined;
    row.evaluate = () => { this.#desk?.perform("run-and-advance"); };
  }
}

customElements.define("sagews-worksheet", WorksheetPage);
