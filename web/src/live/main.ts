/** The page of cells within a published page: the code that its address carries, each cell evaluated by itself.
 *
 *  Only pages of this site may show it in a frame, and theirs is a script that does so when a reader asks to run a
 *  cell: there it is evaluated at once. Opened by itself, nothing runs before the reader says so.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { Announcer } from "../announcer";
import type { Assistant } from "../assistant";
import type { Cell } from "../cell";
import "../cell-view";
import { Connection } from "../connection";
import type { Evaluation } from "../evaluation";
import { Notebook } from "../notebook";
import { readLink } from "../permalink";
import { Store } from "../store";

const NOBODY: Assistant = { isFree: () => false, complete: () => Promise.resolve(undefined), inspect: () => Promise.resolve(undefined) };

export class LivePage extends LitElement {
  readonly #connection = new Connection();
  #notebook: Notebook | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#begin();
  }

  protected override render(): TemplateResult | typeof nothing {
    const notebook = this.#notebook;
    if (notebook === undefined) return nothing;
    const { notice } = notebook;
    return html`${notice === undefined ? nothing : html`<div class="notice" role="alert"><span>${notice.text}</span></div>`}
      <main>
        ${repeat(
          notebook.cells,
          (cell) => cell.id,
          (cell, place) => html`<sagews-cell .cell=${cell} .number=${place + 1} .notebook=${notebook} .assistant=${NOBODY}></sagews-cell>`,
        )}
      </main>
      <div class="announcer" aria-live="polite" role="status"></div>`;
  }

  async #begin(): Promise<void> {
    const linked = await readLink(location.search);
    const cells = linked !== undefined && "cells" in linked ? linked.cells : [];
    this.#connection.start();
    const notebook = new Notebook(this.#connection, Store.ofLink(location.search), cells);
    notebook.setApart(true);
    if (linked !== undefined && "fault" in linked) notebook.say({ text: linked.fault });
    notebook.watch(() => { this.requestUpdate(); });
    this.#notebook = notebook;
    this.requestUpdate();
    await this.updateComplete;
    const region = this.querySelector<HTMLElement>(".announcer");
    if (region !== null) {
      const announcer = new Announcer(region);
      notebook.onNews = (cell, evaluation) => {
        announcer.announce(notebook.cells.indexOf(cell) + 1, cell, evaluation);
        if (evaluation.run !== undefined && showsWidgets(evaluation)) this.#stay(notebook, cell);
      };
    }
    if (parent !== window) notebook.evaluateAll();
  }

  /** Evaluates a cell once more, in a session that stays, as do all after it. */
  #stay(notebook: Notebook, cell: Cell): void {
    notebook.setApart(false);
    notebook.evaluate(cell);
  }
}

/** Whether it shows controls, which work only as long as their session lives. */
function showsWidgets({ outputs }: Evaluation): boolean {
  return outputs.shapes.some((shape) => shape.kind === "display" && "application/vnd.jupyter.widget-view+json" in shape.bundle.data);
}

customElements.define("sagews-live", LivePage);
