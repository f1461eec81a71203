/** The element of an evaluation's outputs, drawn at most once a frame however fast they come. */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import "./display-view";
import type { Evaluation } from "./evaluation";
import { t } from "./language";
import type { Fault, Shape } from "./outputs";
import style from "./outputs.css";
import "./prompt-view";
import type { Session } from "./session";
import "./stream-view";
import { addStyle } from "./style";
import { tracebackView, type GoTo } from "./traceback";
import type { CommLine, ViewPlace } from "./widgets/line";
import { lineOf } from "./widgets/session-line";

export class OutputsView extends LitElement {
  static override properties = { evaluation: { attribute: false } };

  declare evaluation: Evaluation;
  declare reply: (sequence: number, text: string) => void;
  declare goTo: GoTo;
  /** The session of the page. */
  declare session: Session | undefined;
  /** Gives what widgets speak with the session of a worksheet by. */
  declare line: (() => CommLine) | undefined;

  #stopWatching: (() => void) | undefined;
  readonly #tracebacks = new WeakMap<Fault, HTMLElement>();

  protected override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate("evaluation");
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has("evaluation")) return;
    this.#stopWatching?.();
    this.#stopWatching = this.evaluation.outputs.watch(() => { this.requestUpdate(); });
  }

  protected override async scheduleUpdate(): Promise<void> {
    await new Promise(requestAnimationFrame);
    await super.scheduleUpdate();
  }

  protected override render(): TemplateResult {
    return html`${repeat(
      this.evaluation.outputs.shapes,
      (shape) => shape.key,
      (shape) => html`<div class="output ${shape.kind} ${shape.late ? "late" : ""}">
        ${shape.late ? html`<p class="remark">${t("written after the evaluation had ended")}</p>` : nothing}${this.#draw(shape)}
      </div>`,
    )}`;
  }

  #draw(shape: Shape): unknown {
    switch (shape.kind) {
      case "stream":
        return html`<sagews-stream class=${shape.name} .stream=${shape} .version=${shape.terminal.length}></sagews-stream>`;
      case "display":
        return html`<sagews-display .place=${() => this.#place} .bundle=${shape.bundle}></sagews-display>`;
      case "fault":
        return this.#traceback(shape);
      case "prompt":
        return html`<sagews-prompt .prompt=${shape} .reply=${(text: string) => { this.reply(shape.key, text); }}></sagews-prompt>`;
      case "remark":
        return html`<p class="remark">${shape.text}</p>`;
    }
  }

  get #place(): ViewPlace | undefined {
    const { session, evaluation, line } = this;
    if (line !== undefined) return { line: line(), evaluation: evaluation.id };
    if (session === undefined || evaluation.isPast || evaluation.run !== undefined) return undefined;
    return { line: lineOf(session), evaluation: evaluation.id };
  }

  /** A stateless evaluation is not told of which cell it is. */
  get #ownCell(): string {
    return this.evaluation.run === undefined ? "" : this.evaluation.cell;
  }

  #traceback(fault: Fault): HTMLElement {
    let element = this.#tracebacks.get(fault);
    if (element === undefined) {
      element = tracebackView(fault.traceback, this.#ownCell, (cell, line) => { this.goTo(cell, line); });
      this.#tracebacks.set(fault, element);
    }
    return element;
  }
}

addStyle(style);
customElements.define("sagews-outputs", OutputsView);
