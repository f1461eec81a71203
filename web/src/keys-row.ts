/** The row of keys that a phone's keyboard lacks, above that keyboard while an editor has the focus. */
import type { EditorView } from "@codemirror/view";
import { LitElement, html, nothing, type TemplateResult } from "lit";

import style from "./keys.css";
import { t } from "./language";
import { addStyle } from "./style";

/** Keys that write what they say. */
const WRITTEN = ["(", ")", "[", "]", "{", "}", "^", ":", "=", "_", "'", '"'];

export class KeysRow extends LitElement {
  static override properties = { view: { attribute: false } };

  /** The editor that has the focus. */
  declare view: EditorView | undefined;
  declare evaluate: () => void;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // The keyboard of iOS covers the page instead of making it smaller.
    visualViewport?.addEventListener("resize", this.#rest);
    visualViewport?.addEventListener("scroll", this.#rest);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    visualViewport?.removeEventListener("resize", this.#rest);
    visualViewport?.removeEventListener("scroll", this.#rest);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (view === undefined) return nothing;
    const commands = import("./key-commands");
    const press = (name: keyof Awaited<typeof commands>["keyCommands"]) => () => {
      void commands.then(({ keyCommands }) => keyCommands[name](view));
    };
    // The pointer must not take the focus, or the keyboard would go.
    const keep = (event: Event) => { event.preventDefault(); };
    return html`<div class="keys" role="toolbar" aria-label=${t("Keys")} @pointerdown=${keep} @mousedown=${keep}>
      <div class="keys-scroll">
        <button tabindex="-1" @click=${press("tab")}>Tab</button>
        ${WRITTEN.map((key) => html`<button tabindex="-1" @click=${() => { this.#write(view, key); }}>${key}</button>`)}
        <button tabindex="-1" aria-label=${t("Left")} @click=${press("left")}>←</button>
        <button tabindex="-1" aria-label=${t("Right")} @click=${press("right")}>→</button>
        <button tabindex="-1" aria-label=${t("Up")} @click=${press("up")}>↑</button>
        <button tabindex="-1" aria-label=${t("Down")} @click=${press("down")}>↓</button>
        <button tabindex="-1" aria-label=${t("Undo")} @click=${press("undo")}>↶</button>
      </div>
      <button tabindex="-1" class="main" aria-label=${t("Evaluate")} @click=${() => { this.evaluate(); }}>▶&#xfe0e;</button>
    </div>`;
  }

  protected override updated(): void {
    this.#rest();
  }

  #write(view: EditorView, text: string): void {
    view.dispatch(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
  }

  /** Rests the row on the keyboard. */
  readonly #rest = (): void => {
    if (visualViewport === null) return;
    const covered = innerHeight - visualViewport.height - visualViewport.offsetTop;
    this.style.bottom = `${Math.max(0, Math.round(covered))}px`;
  };
}

addStyle(style);
customElements.define("sagews-keys", KeysRow);
