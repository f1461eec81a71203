/** The element of a cell's code: text at once, an editor as soon as it is loaded. */
import type { EditorView } from "@codemirror/view";

import type { Assistant } from "./assistant";

export interface EditorOwner {
  readonly label: string;
  readonly assistant: Assistant;
  /** Its code cannot be changed. */
  readonly isReadOnly?: boolean;
  changed(code: string): void;
  evaluate(): void;
  evaluateAndAdd(): void;
}

export class CellEditor extends HTMLElement {
  #code = "";
  #language = "";
  #view: EditorView | undefined;
  #editor: typeof import("./editor") | undefined;
  #isWanted = false;

  /** Set before the element is put into the page. */
  owner!: EditorOwner;

  get code(): string {
    return this.#code;
  }

  set code(code: string) {
    this.#code = code;
    if (this.#view !== undefined && this.#editor !== undefined) this.#editor.replaceCode(this.#view, code);
    else this.#showText();
  }

  /** Of the code; empty: the site's own. */
  set language(language: string) {
    if (language === this.#language) return;
    this.#language = language;
    this.#speak();
  }

  get view(): EditorView | undefined {
    return this.#view;
  }

  connectedCallback(): void {
    if (this.shadowRoot === null) this.attachShadow({ mode: "open" });
    if (this.#view === undefined) void this.#load();
  }

  override focus(): void {
    this.#isWanted = true;
    this.#view?.focus();
  }

  goToLine(line: number): void {
    if (this.#view !== undefined) this.#editor?.goToLine(this.#view, line);
  }

  #showText(): void {
    this.textContent = this.#code;
    if (this.shadowRoot !== null && this.shadowRoot.childElementCount === 0) this.shadowRoot.append(document.createElement("slot"));
  }

  #speak(): void {
    if (this.#view !== undefined) this.#editor?.speak(this.#view, this.#language, this.owner.assistant);
  }

  async #load(): Promise<void> {
    this.#showText();
    this.#editor = await import("./editor");
    const root = this.shadowRoot;
    if (root === null || this.#view !== undefined) return;
    root.replaceChildren();
    this.#view = this.#editor.createEditor({
      parent: root,
      code: this.#code,
      label: this.owner.label,
      assistant: this.owner.assistant,
      isReadOnly: this.owner.isReadOnly === true,
      changed: (code) => {
        this.#code = code;
        this.owner.changed(code);
      },
      evaluate: () => { this.owner.evaluate(); },
      evaluateAndAdd: () => { this.owner.evaluateAndAdd(); },
      focused: (isFocused) => this.dispatchEvent(new CustomEvent("editor-focus", { bubbles: true, detail: isFocused })),
    });
    if (this.#language !== "") this.#speak();
    this.textContent = "";
    this.dataset["ready"] = "";
    if (this.#isWanted) this.#view.focus();
  }
}

customElements.define("sagews-editor", CellEditor);
