/** One cell of somebody else's page: its elements, its code, and what it tells the part that evaluates. */
import { newName } from "../cell";
import { CodeMirror } from "./code-mirror";
import { CodeText } from "./code-text";
import type { Links } from "./links";
import { editorPlace, fill, made, type Markup } from "./markup";
import type { Options } from "./options";
import { t } from "./own-words";

/** The part that evaluates and has editors, which is loaded when it is needed (`live.ts`). */
export interface Live {
  /** Evaluates the code that stands in a cell. Rejects if what that needs cannot be loaded. */
  evaluate(cell: PageCell): Promise<void>;
  /** Gives a cell its editor. */
  edit(cell: PageCell): void;
  /** A cell is taken from the page. */
  remove(cell: PageCell): void;
}

/** Calls something of the part that evaluates, now or when it has come. */
export type WithLive = (act: (live: Live) => void | Promise<void>, failed?: (why: string) => void) => void;

/** What a page has of an evaluation, as `cellInfo.session`. */
export interface ShownSession {
  rawcode: string;
  language: string;
  linked: boolean;
}

export class PageCell {
  readonly code: CodeText;
  readonly markup: Markup;
  readonly editor: CodeMirror | undefined;
  /** Where the editor comes, as long as the code is shown as text. */
  readonly scroll: HTMLElement | undefined;
  /** What the page gets as `cellInfo`. */
  session: ShownSession | undefined;

  readonly #withLive: WithLive;

  constructor(
    readonly input: HTMLElement,
    readonly output: HTMLElement,
    field: HTMLTextAreaElement,
    code: string,
    readonly options: Options,
    /** The number of its session. */
    readonly k: number,
    readonly links: Links,
    withLive: WithLive,
  ) {
    this.#withLive = withLive;
    this.markup = fill(input, field, options.languages);
    const { button, elements, language, editor } = this.markup;
    this.code = new CodeText(field, code);
    language.value = options.defaultLanguage;
    button.textContent = options.evalButtonText;
    input.classList.add("sagecell");
    output.classList.add("sagecell", `output_${newName()}`);
    if (input !== output) output.append(elements);
    if (options.editor.startsWith("codemirror")) {
      const place = editorPlace(code);
      this.scroll = place.scroll;
      editor.prepend(place.wrapper);
      this.editor = this.#shim(place.wrapper, place.fullScreen);
    } else {
      field.readOnly = options.editor === "textarea-readonly";
      this.#evaluateByKey(field);
    }
    if (options.collapse !== undefined) this.#collapse(options.collapse);
    button.addEventListener("click", () => { this.evaluate(); });
    language.addEventListener("change", () => { this.editor?.setOption("mode", language.value); });
    this.#hide();
  }

  get language(): string {
    return this.markup.language.value;
  }

  /** Whether a part of the outputs is hidden. */
  hides(part: string): boolean {
    return this.options.hide.has(part);
  }

  /** Evaluates what stands in it. Returns false, for whoever has it as what a button does. */
  evaluate(): false {
    const { elements, output } = this.markup;
    elements.style.display = "";
    this.#withLive(
      (live) => live.evaluate(this),
      (why) => { output.replaceChildren(made("pre", "sagecell_stderr", why)); },
    );
    return false;
  }

  #shim(wrapper: HTMLElement, fullScreen: HTMLButtonElement): CodeMirror {
    const { commands } = this.markup;
    const { code } = this;
    commands.style.display = "none";
    const text = wrapper.querySelector("pre");
    code.watch(() => { if (text !== null) text.textContent = code.text; });
    const want = () => { this.#withLive((live) => { live.edit(this); }); };
    const editor = new CodeMirror(code, wrapper, this.options.editor === "codemirror-readonly", want);
    editor.k = this.k;
    (wrapper as HTMLElement & { CodeMirror?: CodeMirror }).CodeMirror = editor;
    fullScreen.addEventListener("click", () => {
      editor.toggleFullScreen();
      editor.focus();
    });
    wrapper.addEventListener("keydown", (event) => {
      if (event.key !== "F11" && !(event.key === "Escape" && editor.getOption("fullScreen") === true)) return;
      event.preventDefault();
      editor.toggleFullScreen();
    });
    // Whoever touches the text before the editor has come gets it with the cursor in it.
    text?.addEventListener("click", () => { editor.focus(); });
    return editor;
  }

  #evaluateByKey(field: HTMLTextAreaElement): void {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.shiftKey) return;
      event.preventDefault();
      this.markup.button.click();
    });
  }

  #collapse(isClosed: boolean): void {
    const { editor } = this.markup;
    const details = made("details", "", made("summary", "", t("Code")), ...editor.childNodes);
    details.open = !isClosed;
    editor.append(details);
  }

  /** Hides what is in the page from the start; what comes with an evaluation looks for itself. */
  #hide(): void {
    const { editor, button, language, output, messages } = this.markup;
    const parts: Record<string, Element | null> = { editor, evalButton: button, language: language.closest(".sagecell_language"), output, messages, fullScreen: editor.querySelector(".sagecell_fullScreen") };
    for (const [name, part] of Object.entries(parts)) {
      if (part instanceof HTMLElement && this.hides(name)) part.style.display = "none";
    }
  }
}
