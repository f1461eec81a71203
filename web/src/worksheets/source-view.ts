/** The element of a cell's source: text, and an editor as soon as the cell is near and the editor is loaded. */
import type { EditorView } from "@codemirror/view";

import type { Assistant } from "../assistant";
import { t } from "../language";
import type { CodeHost } from "./code-editor";
import type { Cursor } from "./cursors";
import type { WorksheetDocument } from "./document";
import type { WorksheetCell } from "./worksheet-cell";

/** What the cell around it does for it. */
export interface SourceOwner extends Pick<CodeHost, "command" | "left" | "focused" | "selected"> {
  readonly document: WorksheetDocument;
  readonly assistant: Assistant;
}

/** What makes editors, once it is loaded. */
let maker: typeof import("./code-editor") | undefined;

const LABELS = { code: t("Code"), markdown: t("Markdown"), raw: t("Raw text") };

export class SourceView extends HTMLElement {
  declare owner: SourceOwner;

  #cell: WorksheetCell | undefined;
  #type = "";
  #isReadOnly = false;
  #isNear = false;
  #view: EditorView | undefined;
  #wanted: "here" | "start" | "end" | undefined;
  #line = 0;
  /** What was typed before the editor was there. */
  #typed = "";
  /** What is to be selected, and whether it is to be seen. */
  #range: { anchor: number; head: number; isShown: boolean } | undefined;
  #cursors: readonly Cursor[] = [];

  get view(): EditorView | undefined {
    return this.#view;
  }

  /** Shows what is to be shown; the editor stays, if it is the right one. */
  show(cell: WorksheetCell, isReadOnly: boolean, isNear: boolean): void {
    const isOther = cell !== this.#cell || cell.type !== this.#type || isReadOnly !== this.#isReadOnly;
    if (isOther) this.#closeFor();
    [this.#cell, this.#type, this.#isReadOnly, this.#isNear] = [cell, cell.type, isReadOnly, isNear];
    if (isNear) this.#open();
    else if (this.#view?.hasFocus !== true) this.#close();
    if (this.#view === undefined) this.#showText();
  }

  focusAt(cursor: "start" | "end" | undefined): void {
    this.#wanted = cursor ?? "here";
    this.#open();
    // Until the editor is loaded, what is typed is for it, and presses no button.
    if (this.#view === undefined && document.activeElement instanceof HTMLElement) document.activeElement.blur();
    this.#takeFocus();
  }

  /** Takes what was typed on the way into the editor. */
  type(text: string): void {
    if (this.#wanted !== undefined) this.#typed += text;
  }

  /** Selects a line, counted from 1. */
  goToLine(line: number): void {
    this.#line = line;
    this.focusAt(undefined);
  }

  /** Selects what is between two offsets, and leaves the focus where it is. */
  select(from: number, to: number): void {
    this.#range = { anchor: from, head: to, isShown: true };
    this.#open();
    this.#takeRange();
  }

  showCursors(cursors: readonly Cursor[]): void {
    if (cursors.length === 0 && this.#cursors.length === 0) return;
    this.#cursors = cursors;
    if (this.#view !== undefined) maker?.showCursors(this.#view, cursors);
  }

  connectedCallback(): void {
    if (this.shadowRoot === null) this.attachShadow({ mode: "open" }).append(document.createElement("slot"));
  }

  disconnectedCallback(): void {
    // It may only go to another place.
    queueMicrotask(() => { if (!this.isConnected) this.#close(); });
  }

  /** Closes the editor for another one, in which who writes goes on at the same place. */
  #closeFor(): void {
    if (this.#view !== undefined) {
      const { anchor, head } = this.#view.state.selection.main;
      this.#range = { anchor, head, isShown: false };
      if (this.#view.hasFocus) this.#wanted = "here";
    }
    this.#close();
  }

  #showText(): void {
    const text = this.#cell?.text ?? "";
    // The last line would have no height.
    const shown = text.endsWith("\n") || text === "" ? `${text}\u200b` : text;
    if (this.textContent !== shown) this.textContent = shown;
  }

  #open(): void {
    if (this.#view !== undefined || this.#cell === undefined) return;
    if (maker !== undefined) {
      this.#create(maker);
      return;
    }
    void import("./code-editor").then((editor) => {
      maker = editor;
      const isWanted = this.#isNear || this.#wanted !== undefined || this.#range !== undefined;
      if (isWanted && this.isConnected && this.#view === undefined) this.#create(editor);
    });
  }

  #create(editor: typeof import("./code-editor")): void {
    const root = this.shadowRoot;
    const cell = this.#cell;
    if (root === null || cell === undefined) return;
    const { owner } = this;
    root.replaceChildren();
    this.#view = editor.createCodeEditor({
      parent: root,
      document: owner.document,
      cell,
      label: LABELS[cell.type],
      assistant: owner.assistant,
      isReadOnly: this.#isReadOnly,
      command: (name) => { owner.command(name); },
      left: (by) => owner.left(by),
      focused: (isFocused) => { owner.focused(isFocused); },
      selected: (anchor, head) => { owner.selected(anchor, head); },
    });
    this.textContent = "";
    this.dataset["ready"] = "";
    if (this.#cursors.length > 0) editor.showCursors(this.#view, this.#cursors);
    this.#takeFocus();
    this.#takeRange();
  }

  #takeRange(): void {
    if (this.#view === undefined || this.#range === undefined) return;
    const { length } = this.#view.state.doc;
    const { anchor, head, isShown } = this.#range;
    this.#range = undefined;
    this.#view.dispatch({ selection: { anchor: Math.min(anchor, length), head: Math.min(head, length) }, scrollIntoView: isShown });
  }

  #takeFocus(): void {
    const view = this.#view;
    if (view === undefined || this.#wanted === undefined) return;
    const cursor = this.#wanted;
    this.#wanted = undefined;
    if (cursor !== "here") view.dispatch({ selection: { anchor: cursor === "start" ? 0 : view.state.doc.length } });
    view.focus();
    if (this.#typed !== "" && !this.#isReadOnly) view.dispatch(view.state.replaceSelection(this.#typed), { userEvent: "input.type" });
    this.#typed = "";
    if (this.#line > 0) {
      const line = view.state.doc.line(Math.min(this.#line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: line.from, head: line.to }, scrollIntoView: true });
      this.#line = 0;
    }
  }

  #close(): void {
    if (this.#view === undefined) return;
    this.#view.destroy();
    this.#view = undefined;
    delete this.dataset["ready"];
    this.shadowRoot?.replaceChildren(document.createElement("slot"));
    this.#showText();
  }
}

customElements.define("sagews-source", SourceView);
