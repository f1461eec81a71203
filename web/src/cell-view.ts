/** The element of a cell: its editor, what can be done with it, and its outputs. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import type { Assistant } from "./assistant";
import type { Cell } from "./cell";
import { CellEditor } from "./editor-view";
import type { Evaluation } from "./evaluation";
import { t, tn } from "./language";
import type { MenuItem } from "./menu";
import "./menu";
import type { Notebook } from "./notebook";
import { durationInWords, placeInWords } from "./words";

/** Draws where a stateless evaluation stands; loaded when there is one. */
let drawRun: typeof import("./run-standing") | undefined;

/** Milliseconds in which two clicks may be one double click. */
const DOUBLE_CLICK = 400;

export class CellView extends LitElement {
  static override properties = { cell: { attribute: false }, number: { attribute: false } };

  declare cell: Cell;
  declare number: number;
  declare notebook: Notebook;
  declare assistant: Assistant;

  readonly editor = new CellEditor();
  #stopWatching: (() => void)[] = [];
  #evaluatedAt = -DOUBLE_CLICK;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.editor.owner = this.#editorOwner();
    this.#showCode();
    this.#stopWatching = [
      this.cell.watch(() => {
        this.#showCode();
        this.requestUpdate();
      }),
      this.notebook.watch(() => { this.requestUpdate(); }),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stopWatching) stop();
  }

  protected override render(): TemplateResult {
    const { cell } = this;
    const { evaluation } = cell;
    // Set before the element is defined, a property would be set once more, to its old value, when it is.
    const isDrawable = evaluation !== undefined && customElements.get("sagews-outputs") !== undefined;
    if (evaluation !== undefined && !isDrawable) void import("./outputs-view").then(() => { this.requestUpdate(); });
    return html`<section class="cell" aria-label=${t("Cell {number}", { number: this.number })} data-state=${evaluation?.state ?? "new"} data-reason=${evaluation?.reason ?? ""}>
      ${this.editor}
      <div class="actions">
        <button
          class="main ${cell.isBusy ? "stop" : ""}"
          title=${cell.isBusy ? t("Stops what runs and drops what waits") : "Shift-Enter"}
          @click=${() => { this.#evaluateOrStop(); }}
        >${cell.isBusy ? t("Stop") : t("Evaluate")}</button>
        <span class="standing">${evaluation === undefined ? nothing : this.#standing(evaluation)}</span>
        <sagews-code-language .cell=${cell} .number=${this.number} .connection=${this.notebook.connection}></sagews-code-language>
        <button class="plain" @click=${() => { this.#addBelow(); }}>${t("Add cell")}</button>
        <sagews-menu .label=${"⋯"} .description=${t("More for this cell")} .items=${this.#more()}></sagews-menu>
      </div>
      ${!isDrawable
        ? nothing
        : html`<sagews-outputs
            class=${evaluation.isPast ? "past" : ""}
            .session=${this.notebook.session}
            .evaluation=${evaluation}
            .reply=${(sequence: number, text: string) => { this.notebook.reply(evaluation, sequence, text); }}
            .goTo=${(id: string, line: number) => { this.dispatchEvent(new CustomEvent("go-to-line", { bubbles: true, detail: { id, line } })); }}
          ></sagews-outputs>`}
    </section>`;
  }

  evaluate(): void {
    this.notebook.evaluate(this.cell);
  }

  #showCode(): void {
    const { editor, cell } = this;
    if (editor.code !== cell.code) editor.code = cell.code;
    editor.language = cell.language;
  }

  /** One button does both, so that it keeps the focus; the second half of a double click stops nothing. */
  #evaluateOrStop(): void {
    if (!this.cell.isBusy) {
      this.#evaluatedAt = performance.now();
      this.evaluate();
    } else if (performance.now() - this.#evaluatedAt > DOUBLE_CLICK) {
      this.notebook.stop();
    }
  }

  #addBelow(): void {
    const added = this.notebook.addBelow(this.cell);
    this.dispatchEvent(new CustomEvent("cell-added", { bubbles: true, detail: added }));
  }

  /** Where the evaluation stands, in a few words. */
  #standing(evaluation: Evaluation): TemplateResult {
    const edited = evaluation.hasEnded && this.cell.isEdited ? ` · ${t("edited since")}` : "";
    const past = evaluation.isPast && evaluation.reason === "done" ? ` · ${t("in an earlier session")}` : "";
    switch (evaluation.state) {
      case "sending": {
        const line = evaluation.run === undefined ? this.notebook.session?.line : undefined;
        return html`${line === undefined ? t("sending…") : placeInWords(line.place)}`;
      }
      case "waiting": {
        const before = this.notebook.pending.indexOf(evaluation);
        return html`${evaluation.waitsFor !== "" ? evaluation.waitsFor : before > 0 ? t("waiting, {before} before it", { before }) : t("about to run")}`;
      }
      case "running":
        return html`${t("running")}`;
      case "ended":
        if (evaluation.run !== undefined && evaluation.reason === "done") return this.#runStanding(evaluation, edited);
        if (evaluation.reason === "done") return html`${durationInWords(evaluation.wallSeconds)}${past}${edited}`;
        return html`<span class="reason">${evaluation.text}${edited}</span>`;
    }
  }

  #runStanding(evaluation: Evaluation, edited: string): TemplateResult {
    if (drawRun === undefined) {
      void import("./run-standing").then((module) => {
        drawRun = module;
        this.requestUpdate();
      });
      return html``;
    }
    const again = edited === "" ? () => { this.notebook.evaluate(this.cell, true); } : undefined;
    return html`${drawRun.runStanding(evaluation, again)}${edited}`;
  }

  #more(): MenuItem[] {
    const { cell, notebook } = this;
    const place = notebook.cells.indexOf(cell);
    return [
      { label: t("Move up"), run: () => { notebook.move(cell, -1); }, disabled: place === 0 },
      { label: t("Move down"), run: () => { notebook.move(cell, 1); }, disabled: place === notebook.cells.length - 1 },
      { label: tn("Evaluate all ({count} cell)", "Evaluate all ({count} cells)", notebook.cells.length), run: () => { notebook.evaluateAll(); } },
      { label: t("Remove cell"), run: () => { notebook.remove(cell); } },
    ];
  }

  #editorOwner(): CellEditor["owner"] {
    return {
      label: t("Code of cell {number}", { number: this.number }),
      assistant: this.assistant,
      changed: (code) => { this.cell.code = code; },
      evaluate: () => { this.evaluate(); },
      evaluateAndAdd: () => {
        this.evaluate();
        this.#addBelow();
      },
    };
  }
}

customElements.define("sagews-cell", CellView);
