/** What pages know as `element.CodeMirror`: the calls of CodeMirror 5 that they make, to an editor of another kind.
 *
 *  It is there before the editor is: what it is asked to do is done with the code, and what needs an editor is done
 *  when that has come.
 */
import type { CodeText } from "./code-text";
import { text } from "./options";

/** The editor, once it is loaded. */
export interface LoadedEditor {
  focus(): void;
  readonly hasFocus: boolean;
  readOnly(isReadOnly: boolean): void;
  /** Puts the cursor into a line, counted from 1. */
  goToLine(line: number): void;
}

type Listener = (editor: CodeMirror, ...more: unknown[]) => void;

/** Events of the element that are told on under the same name. */
const TOLD = ["keydown", "keypress", "keyup", "mousedown", "focus", "blur"];

export class CodeMirror {
  /** Number of its session in `sagecell.kernels`. */
  k = 0;

  readonly #code: CodeText;
  readonly #wrapper: HTMLElement;
  readonly #options: Record<string, unknown>;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #want: () => void;
  #editor: LoadedEditor | undefined;
  #wantsFocus = false;

  /** `want` has the editor loaded. */
  constructor(code: CodeText, wrapper: HTMLElement, readOnly: boolean, want: () => void) {
    this.#code = code;
    this.#wrapper = wrapper;
    this.#options = { readOnly, fullScreen: false };
    this.#want = want;
    code.watch(() => {
      this.#tell("change", { origin: "setValue" });
      this.#tell("changes", []);
    });
    for (const name of TOLD) {
      const type = name === "focus" ? "focusin" : name === "blur" ? "focusout" : name;
      wrapper.addEventListener(type, (event) => { this.#tell(name, event); });
    }
  }

  /** Takes the editor, which has the code already. */
  take(editor: LoadedEditor): void {
    this.#editor = editor;
    if (this.#wantsFocus) editor.focus();
  }

  getValue(separator = "\n"): string {
    return separator === "\n" ? this.#code.text : this.#code.text.split("\n").join(separator);
  }

  setValue(code: unknown): void {
    this.#code.text = text(code);
  }

  focus(): void {
    this.#wantsFocus = true;
    this.#want();
    this.#editor?.focus();
  }

  hasFocus(): boolean {
    return this.#editor?.hasFocus ?? false;
  }

  /** The editor sees by itself how large it is. */
  refresh(): void {
    this.#want();
  }

  /** The field is always in step. */
  save(): void {
    return;
  }

  on(name: string, listener: Listener): void {
    const known = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, known.add(listener));
  }

  off(name: string, listener: Listener): void {
    this.#listeners.get(name)?.delete(listener);
  }

  getOption(name: string): unknown {
    return this.#options[name];
  }

  setOption(name: string, value: unknown): void {
    this.#options[name] = value;
    if (name === "readOnly") this.#editor?.readOnly(Boolean(value));
    if (name === "fullScreen") this.#fill(Boolean(value));
  }

  setSize(width: unknown, height: unknown): void {
    for (const [side, size] of [["width", width], ["height", height]] as const) {
      if (size != null) this.#wrapper.style[side] = typeof size === "number" ? `${size}px` : (size as string);
    }
  }

  getWrapperElement(): HTMLElement {
    return this.#wrapper;
  }

  getInputField(): HTMLElement {
    return this.#wrapper;
  }

  getTextArea(): HTMLTextAreaElement {
    return this.#code.field;
  }

  getDoc(): this {
    return this;
  }

  lineCount(): number {
    return this.#code.text.split("\n").length;
  }

  getLine(line: number): string | undefined {
    return this.#code.text.split("\n")[line];
  }

  operation<Result>(act: () => Result): Result {
    return act();
  }

  clearHistory(): void {
    return;
  }

  goToLine(line: number): void {
    this.#editor?.goToLine(line);
  }

  toggleFullScreen(): void {
    this.setOption("fullScreen", this.#options["fullScreen"] !== true);
  }

  #fill(isFull: boolean): void {
    this.#wrapper.classList.toggle("CodeMirror-fullscreen", isFull);
    this.#wrapper.querySelector(".sagecell_fullScreen")?.classList.toggle("sagecell_fullScreenEnabled", isFull);
    document.documentElement.style.overflow = isFull ? "hidden" : "";
  }

  #tell(name: string, ...more: unknown[]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(this, ...more);
  }
}
