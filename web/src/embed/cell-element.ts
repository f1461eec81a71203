/** The element `<sagews-cell>`: a cell in a page of another site, as its author wrote it.
 *
 *  Until it is near what is seen, it is text and a button. What its author wrote stays in the page as it is, for browsers
 *  without scripts and for those who search; it is never changed.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import type { Announcer } from "../announcer";
import type { Cell } from "../cell";
import { CellEditor } from "../editor-view";
import type { Evaluation } from "../evaluation";
import { t } from "../language";
import { dress } from "../style";
import { watchNearness } from "../worksheets/near";
import { codeOf, nameOf, placeOf } from "./author";
import { Book } from "./book";
import { keepCode, keptCode } from "./kept-code";
import { look } from "./look";
import type { Place } from "./place";
import { resultOf, resultWhenEnded, showsControls, type Result } from "./result";
import { standing } from "./standing";

/** Milliseconds in which two clicks may be one double click. */
const DOUBLE_CLICK = 400;

const book = new Book();

export class CellElement extends LitElement {
  static override styles = look;
  static override properties = {
    language: {},
    session: {},
    label: {},
    autoevaluate: { type: Boolean },
    readonly: { type: Boolean },
    setup: { type: Boolean },
    isNear: { state: true },
  };

  /** Of its code; empty: the site's own. */
  declare language: string;
  /** The name of the session that it shares with others; empty: it is evaluated by itself. */
  declare session: string;
  /** What its button says. */
  declare label: string;
  /** It is evaluated when it comes near, once. */
  declare autoevaluate: boolean;
  /** Its code can be evaluated, and not changed. */
  declare readonly: boolean;
  /** It is not shown, and evaluated before the first of its session that comes after it. */
  declare setup: boolean;
  declare isNear: boolean;

  readonly #editor = new CellEditor();
  #written: string | undefined;
  #code: string | undefined;
  #cell: Cell | undefined;
  #place: Place | undefined;
  #stopWatching: (() => void)[] = [];
  #told: Evaluation | undefined;
  /** Evaluations that were begun here. */
  readonly #begun = new WeakSet<Evaluation>();
  #evaluatedAt = -DOUBLE_CLICK;
  #announcer: Announcer | undefined;
  /** Which of the page's cells it is. */
  #number = 0;

  constructor() {
    super();
    this.language = this.session = this.label = "";
    this.autoevaluate = this.readonly = this.setup = this.isNear = false;
    // What was set before this code was loaded hides what is there for it.
    const early = Object.getOwnPropertyDescriptor(this, "code")?.value as unknown;
    Reflect.deleteProperty(this, "code");
    if (typeof early === "string") this.#code = early;
  }

  // ------------------------------------------------------- for the author

  /** What stands in it now. */
  get code(): string {
    return this.#cell?.code ?? this.#code ?? this.authorsCode;
  }

  set code(code: string) {
    this.#code = code;
    if (this.#cell !== undefined) this.#cell.code = code;
    this.requestUpdate();
  }

  /** What its author wrote. */
  get authorsCode(): string {
    // What builds the page may bring it a little later than the element.
    return this.#written ?? codeOf(this);
  }

  /** What came of the last evaluation that has ended. */
  get result(): Result | undefined {
    const evaluation = this.#cell?.evaluation;
    return evaluation?.hasEnded === true ? resultOf(evaluation) : undefined;
  }

  get isBusy(): boolean {
    return this.#cell?.isBusy === true;
  }

  /** Evaluates its code, after the set-up cells of its session, and returns what came of it. */
  async evaluate(fresh = false): Promise<Result> {
    const [place, cell] = await this.#ready();
    if (cell.isEmpty) throw new Error("there is nothing in the cell to evaluate");
    for (const before of this.#setUps()) await before.#setUp();
    place.evaluate(cell, fresh);
    const { evaluation } = cell;
    if (evaluation === undefined) throw new Error("the cell was not evaluated");
    this.#begun.add(evaluation);
    this.dispatchEvent(new CustomEvent("sagews-start", { bubbles: true, composed: true, detail: { code: evaluation.code } }));
    return resultWhenEnded(evaluation);
  }

  stop(): void {
    const evaluation = this.#cell?.evaluation;
    if (evaluation !== undefined && !evaluation.hasEnded) this.#place?.stop(evaluation);
  }

  /** Has what its author wrote stand in it again. */
  reset(): void {
    this.code = this.authorsCode;
    this.#changed();
  }

  override focus(): void {
    this.#comeNear();
    this.#editor.focus();
  }

  // ------------------------------------------------------------ its life

  override connectedCallback(): void {
    super.connectedCallback();
    this.#number = placeOf(this) + 1;
    this.#stopWatching.push(watchNearness(this, (isNear) => { if (isNear) this.#comeNear(); }));
    if (this.shadowRoot !== null) this.#stopWatching.push(dress(this.shadowRoot));
    this.#watch();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stopWatching.splice(0)) stop();
    // It may only be moved.
    setTimeout(() => {
      if (!this.isConnected && this.#cell !== undefined) this.#place?.forget(this.#cell);
    });
  }

  #comeNear(): void {
    if (this.isNear) return;
    this.#written = codeOf(this);
    this.#code ??= keptCode(nameOf(this), this.#written);
    this.#editor.owner = this.#editorOwner();
    this.isNear = true;
    void this.#ready().then(() => {
      if (this.autoevaluate && this.#cell?.evaluation === undefined) this.#run();
    });
  }

  /** Returns its cell and where that is evaluated, made when they are first needed. */
  async #ready(): Promise<[Place, Cell]> {
    this.#comeNear();
    const name = nameOf(this);
    const place = this.#place ?? (this.session === "" ? await book.alone() : book.shared(this.session, name));
    if (this.#place === undefined || this.#cell === undefined) this.#settle(place, name);
    return [place, this.#cell as unknown as Cell];
  }

  #settle(place: Place, name: string): void {
    const { code } = this;
    this.#place = place;
    this.#cell = place.cell(name, code, this.language);
    this.#watch();
    this.requestUpdate();
  }

  #watch(): void {
    const [cell, place] = [this.#cell, this.#place];
    if (cell === undefined || place === undefined || !this.isConnected) return;
    const draw = () => { this.#tell(); this.requestUpdate(); };
    this.#stopWatching.push(cell.watch(draw), place.watch(draw), book.connection.watch(draw));
  }

  /** The set-up cells of its session that come before it. */
  #setUps(): CellElement[] {
    if (this.session === "") return [];
    const all = [...document.querySelectorAll(this.localName)].filter((each): each is CellElement => each instanceof CellElement);
    return all.filter((each) => each.setup && each !== this && each.session === this.session && (each.compareDocumentPosition(this) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0);
  }

  /** Has it evaluated in its session, unless it is. */
  async #setUp(): Promise<void> {
    const [place, cell] = await this.#ready();
    const { evaluation } = cell;
    if (evaluation === undefined || evaluation.isPast || cell.isEdited || (evaluation.hasEnded && evaluation.reason !== "done")) place.evaluate(cell);
  }

  #run(fresh = false): void {
    this.evaluate(fresh).catch(() => undefined);
  }

  /** Tells the page around what has come of an evaluation, once. */
  #tell(): void {
    const evaluation = this.#cell?.evaluation;
    if (evaluation === undefined || evaluation === this.#told || !evaluation.hasEnded) return;
    this.#told = evaluation;
    if (this.setup) this.toggleAttribute("data-failed", evaluation.reason !== "done");
    // What an earlier life of the page began is shown, and is no news.
    if (!this.#begun.has(evaluation)) return;
    if (evaluation.run !== undefined && showsControls(evaluation) && evaluation.reason === "done") {
      this.#stay();
      return;
    }
    void this.#announce(evaluation);
    const detail = resultOf(evaluation);
    this.dispatchEvent(new CustomEvent("sagews-result", { bubbles: true, composed: true, detail }));
  }

  /** Evaluates it once more, in a session that stays, as long as its controls shall work. */
  #stay(): void {
    for (const stop of this.#stopWatching.splice(1)) stop();
    if (this.shadowRoot !== null) this.#stopWatching.push(dress(this.shadowRoot));
    this.#settle(book.own(nameOf(this)), nameOf(this));
    this.#run();
  }

  async #announce(evaluation: Evaluation): Promise<void> {
    const { Announcer } = await import("../announcer");
    const region = this.shadowRoot?.querySelector<HTMLElement>(".announcer");
    if (region == null || this.#cell === undefined) return;
    this.#announcer ??= new Announcer(region);
    this.#announcer.announce(this.#number, this.#cell, evaluation);
  }

  #changed(): void {
    keepCode(nameOf(this), this.authorsCode, this.code);
    this.dispatchEvent(new CustomEvent("sagews-change", { bubbles: true, composed: true, detail: { code: this.code } }));
  }

  // ------------------------------------------------------------ its look

  protected override render(): TemplateResult {
    const evaluation = this.#cell?.evaluation;
    const isDrawable = evaluation !== undefined && customElements.get("sagews-outputs") !== undefined;
    if (evaluation !== undefined && !isDrawable) void import("../outputs-view").then(() => { this.requestUpdate(); });
    const { isBusy } = this;
    return html`<section class="cell" part="cell" aria-label=${t("Cell {number}", { number: this.#number })} data-state=${evaluation?.state ?? "new"} data-reason=${evaluation?.reason ?? ""}>
      ${this.#codeView()}
      <div class="actions" part="actions">
        <button class="main ${isBusy ? "stop" : ""}" part="button" title=${isBusy ? t("Stops what runs and drops what waits") : "Shift-Enter"} @click=${() => { this.#evaluateOrStop(); }}>
          ${isBusy ? t("Stop") : this.label || t("Evaluate")}
        </button>
        <span class="standing" part="standing">${evaluation === undefined ? nothing : standing(evaluation, this.#place?.session, this.#cell?.isEdited === true)}</span>
        ${this.readonly || this.code === this.authorsCode ? nothing : html`<button class="plain" part="reset" @click=${() => { this.reset(); }}>${t("Reset")}</button>`}
      </div>
      ${this.#notice()}
      ${!isDrawable ? nothing : this.#outputs(evaluation)}
      ${this.querySelector(':scope > [slot="expected"]') === null ? nothing : html`<details class="expected" part="expected"><summary>${t("Expected output")}</summary><slot name="expected"></slot></details>`}
      <div class="announcer" aria-live="polite" role="status"></div>
    </section>`;
  }

  #codeView(): TemplateResult {
    const { code } = this;
    if (this.readonly || !this.isNear) return html`<pre class="code" part="code" tabindex=${this.readonly ? 0 : -1} aria-label=${t("Code of cell {number}", { number: this.#number })}>${code}</pre>`;
    if (this.#editor.code !== code) this.#editor.code = code;
    this.#editor.language = this.language;
    this.#editor.setAttribute("part", "code");
    return html`${this.#editor}`;
  }

  #outputs(evaluation: Evaluation): TemplateResult {
    return html`<sagews-outputs
      part="outputs"
      class=${evaluation.isPast ? "past" : ""}
      .session=${this.#place?.session}
      .evaluation=${evaluation}
      .reply=${(sequence: number, text: string) => { this.#place?.reply(evaluation, sequence, text); }}
      .goTo=${(_: string, line: number) => { this.#editor.goToLine(line); }}
    ></sagews-outputs>`;
  }

  #notice(): TemplateResult | typeof nothing {
    const isAway = this.isBusy && book.connection.state === "pausing";
    const text = isAway ? t("The connection is lost; it is being opened again.") : (this.#place?.notice ?? "");
    return text === "" || (!isAway && this.#cell?.evaluation === undefined) ? nothing : html`<p class="notice" part="notice">${text}</p>`;
  }

  /** One button does both, so that it keeps the focus; the second half of a double click stops nothing. */
  #evaluateOrStop(): void {
    if (!this.isBusy) {
      this.#evaluatedAt = performance.now();
      this.#run();
    } else if (performance.now() - this.#evaluatedAt > DOUBLE_CLICK) {
      this.stop();
    }
  }

  #editorOwner(): CellEditor["owner"] {
    return {
      label: t("Code of cell {number}", { number: this.#number }),
      assistant: {
        isFree: () => this.#place?.assistant.isFree() === true,
        complete: async (code, cursor) => this.#place?.assistant.complete(code, cursor),
        inspect: async (code, cursor) => this.#place?.assistant.inspect(code, cursor),
      },
      changed: (code) => {
        this.code = code;
        this.#changed();
      },
      evaluate: () => { this.#run(); },
      evaluateAndAdd: () => { this.#run(); },
    };
  }
}
