/** The element of a cell of a worksheet. Far from what is seen it is its text alone; near, all that belongs to it. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { t } from "../language";
import { bytesInWords, durationInWords } from "../words";
import type { CommLine } from "../widgets/line";
import type { WorksheetEvaluation } from "./cell-outputs";
import type { Cursor } from "./cursors";
import { watchNearness } from "./near";
import { SourceView, type SourceOwner } from "./source-view";
import type { Mode } from "./selection";
import { standingOf, type CellRun } from "./standing";
import type { CellType, WorksheetCell } from "./worksheet-cell";

/** What the page does for a cell. */
export interface CellOwner extends Pick<SourceOwner, "document" | "assistant"> {
  readonly mayWrite: boolean;
  perform(name: string): void;
  /** The focus came to a cell. */
  entered(cell: WorksheetCell, mode: Mode): void;
  /** The reader wants to write in a cell. */
  write(cell: WorksheetCell): void;
  left(by: -1 | 1): boolean;
  focused(view: CellView, isFocused: boolean): void;
  selected(cell: WorksheetCell, anchor: number, head: number): void;
  runOf(cell: WorksheetCell): CellRun | undefined;
  cursorsIn(cell: WorksheetCell): readonly Cursor[];
  reply(evaluation: WorksheetEvaluation, sequence: number, text: string): void;
  goTo(cell: string, line: number): void;
  /** What widgets speak with the session by. */
  commLine(): CommLine;
}

/** What screen readers call a cell. */
const CALLED: Readonly<Record<CellType, (number: number) => string>> = {
  code: (number) => t("Code cell {number}", { number }),
  markdown: (number) => t("Markdown cell {number}", { number }),
  raw: (number) => t("Raw cell {number}", { number }),
};

export class CellView extends LitElement {
  static override properties = {
    cell: { attribute: false },
    number: { attribute: false },
    isCurrent: { attribute: false },
    isSelected: { attribute: false },
    mode: { attribute: false },
    mayWrite: { attribute: false },
    /** Counts wishes for the focus; 0: it is not wanted here. */
    wish: { attribute: false },
  };

  declare cell: WorksheetCell;
  declare number: number;
  declare isCurrent: boolean;
  declare isSelected: boolean;
  declare mode: Mode;
  declare mayWrite: boolean;
  declare wish: number;
  declare cursor: "start" | "end" | undefined;
  declare owner: CellOwner;

  readonly source = new SourceView();
  #isNear = false;
  #stop: (() => void)[] = [];
  #watched: WorksheetCell | undefined;
  #stopCell: () => void = () => undefined;
  #granted = 0;
  /** The Markdown that is shown, and what it was made of. */
  #rendered: { text: string; element: HTMLElement | undefined } = { text: "\0", element: undefined };

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
    this.source.owner = this.#sourceOwner();
    this.#stop = [
      watchNearness(this, (isNear) => {
        if (isNear === this.#isNear) return;
        this.#isNear = isNear;
        this.requestUpdate();
      }),
    ];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stop) stop();
    this.#stopCell();
    this.#watched = undefined;
  }

  /** Draws anew what is not of the cell itself: its evaluation, the cursors of others. */
  renew(): void {
    if (this.#isNear) this.requestUpdate();
  }

  protected override willUpdate(): void {
    if (this.#watched === this.cell) return;
    this.#stopCell();
    this.#watched = this.cell;
    this.#stopCell = this.cell.watch(() => { this.requestUpdate(); });
  }

  protected override render(): TemplateResult {
    const { cell, isCurrent } = this;
    const isWriting = isCurrent && this.mode === "edit";
    const run = cell.type === "code" ? this.owner.runOf(cell) : undefined;
    const classes = [cell.type, this.#isNear ? "near" : "far", isCurrent ? "current" : "", this.isSelected ? "selected" : "", isWriting ? "writing" : ""];
    return html`<section
      class="cell ${classes.join(" ")}"
      role="group"
      aria-label=${CALLED[cell.type](this.number)}
      aria-current=${isCurrent ? "true" : nothing}
      tabindex=${isCurrent ? 0 : -1}
      data-state=${run?.evaluation.state ?? "new"}
      data-reason=${run?.evaluation.reason ?? ""}
      @focusin=${(event: FocusEvent) => { this.#entered(event); }}
    >
      ${cell.type === "code" ? this.#gutter(run) : nothing}
      <div class="content">${this.#sourcePart(isWriting)} ${run === undefined ? nothing : this.#outputs(run)}</div>
    </section>`;
  }

  protected override updated(): void {
    const { cell } = this;
    if (this.source.isConnected) {
      this.source.show(cell, !this.mayWrite, this.#isNear);
      this.source.showCursors(this.#isNear ? this.owner.cursorsIn(cell) : []);
    }
    if (this.#isNear && cell.type === "code") this.owner.runOf(cell)?.load();
    if (this.wish === 0 || this.wish === this.#granted) return;
    this.#granted = this.wish;
    if (this.mode === "edit" && this.source.isConnected) this.source.focusAt(this.cursor);
    else this.#section?.focus();
    this.#section?.scrollIntoView({ block: "nearest" });
  }

  get #section(): HTMLElement | null {
    return this.querySelector<HTMLElement>(":scope > .cell");
  }

  // ------------------------------------------------------------------- parts

  #gutter(run: CellRun | undefined): TemplateResult {
    const isBusy = run !== undefined && !run.evaluation.hasEnded;
    const ordinal = run === undefined || run.evaluation.ordinal === 0 ? " " : String(run.evaluation.ordinal);
    return html`<div class="gutter">
      <span class="ordinal" aria-hidden="true">[${isBusy ? "*" : ordinal}]</span>
      ${this.isCurrent && this.mayWrite
        ? html`<button class="plain play" tabindex="-1" aria-label=${t("Run cell {number}", { number: this.number })} @click=${() => { this.owner.perform("run"); }}>▶&#xfe0e;</button>`
        : nothing}
    </div>`;
  }

  #sourcePart(isWriting: boolean): TemplateResult | HTMLElement {
    const { cell } = this;
    if (cell.type === "markdown" && !isWriting) return this.#reading();
    if (!cell.hidesSource || isWriting) return this.source;
    const [first = ""] = cell.text.split("\n", 1);
    return html`<button class="plain folded" aria-expanded="false" @click=${() => { this.#performHere("fold-source"); }}>${first || t("Source")} …</button>`;
  }

  #reading(): TemplateResult {
    const { cell } = this;
    if (cell.hidesSource) return html`<button class="plain folded" aria-expanded="false" @click=${() => { this.#performHere("fold-source"); }}>${cell.text.split("\n", 1)[0]} …</button>`;
    if (this.#isNear && this.#rendered.text !== cell.text) {
      const text = cell.text;
      this.#rendered = { text, element: this.#rendered.element };
      void import("./rendered").then(({ rendered }) => rendered(cell)).then((element) => {
        if (this.#rendered.text !== text) return;
        this.#rendered = { text, element };
        this.requestUpdate();
      });
    }
    const { element } = this.#rendered;
    const shown = cell.isEmpty ? html`<p class="empty">${t("Empty: press Enter, or double-click, to write Markdown.")}</p>` : element ?? html`<div class="plain-text">${cell.text}</div>`;
    return html`<div class="reading" @dblclick=${() => { this.owner.write(cell); }}>${shown}</div>`;
  }

  #outputs(run: CellRun): TemplateResult {
    const { cell } = this;
    const { evaluation } = run;
    const isHeld = customElements.get("sagews-outputs") === undefined;
    if (this.#isNear && isHeld) void import("../outputs-view").then(() => { this.requestUpdate(); });
    const standing = html`<p class="standing">${this.#standing(run)}</p>`;
    if (cell.hidesOutputs) {
      return html`${standing}<button class="plain folded" aria-expanded="false" @click=${() => { this.#performHere("fold-outputs"); }}>${t("Outputs")} …</button>`;
    }
    if (isHeld || !this.#isNear) return html`${standing}`;
    return html`${standing}
      <sagews-outputs
        .line=${() => this.owner.commLine()}
        .evaluation=${evaluation}
        .reply=${(sequence: number, text: string) => { this.owner.reply(evaluation, sequence, text); }}
        .goTo=${(id: string, line: number) => { this.owner.goTo(id, line); }}
      ></sagews-outputs>
      ${[...evaluation.large].map(([sequence, bytes]) => html`<button class="plain" @click=${() => { run.loadLarge(sequence); }}>${t("Load the output of {size}", { size: bytesInWords(bytes) })}</button>`)}`;
  }

  #standing(run: CellRun): TemplateResult {
    const { words, isBad } = standingOf(run);
    const isOlder = run.isOlderThan(this.cell.text);
    const took = run.evaluation.hasEnded && run.evaluation.reason === "done" && run.evaluation.wallSeconds > 0 ? durationInWords(run.evaluation.wallSeconds) : "";
    return html`<span class=${isBad ? "reason" : ""}>${words}</span> ${took} ${isOlder ? html`<span class="older">${t("edited since")}</span>` : nothing}`;
  }

  // ------------------------------------------------------------------ within

  #performHere(name: string): void {
    this.owner.entered(this.cell, "command");
    this.owner.perform(name);
  }

  #entered(event: FocusEvent): void {
    const target = event.target;
    this.owner.entered(this.cell, target === this.source ? "edit" : this.mode === "edit" && this.isCurrent && target !== this.#section ? "edit" : "command");
  }

  #sourceOwner(): SourceOwner {
    const { owner } = this;
    return {
      document: owner.document,
      assistant: owner.assistant,
      command: (name) => { owner.perform(name); },
      left: (by) => owner.left(by),
      focused: (isFocused) => { owner.focused(this, isFocused); },
      selected: (anchor, head) => { owner.selected(this.cell, anchor, head); },
    };
  }
}

customElements.define("sagews-worksheet-cell", CellView);
