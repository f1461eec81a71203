/** The editor of one cell of a worksheet: CodeMirror, bound to what everybody writes there. Loaded when a cell is near. */
import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, completionStatus } from "@codemirror/autocomplete";
import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec, type Extension } from "@codemirror/state";
import { EditorView, drawSelection, highlightSpecialChars, keymap, placeholder, type Command } from "@codemirror/view";

import { assistant, type Assistant } from "../assistant";
import { languageOf } from "../code-magic";
import { names } from "../completion";
import { plainPunctuation, shiftTab, tab } from "../editor";
import { colours, theme } from "../editor-theme";
import { explanations, isExplaining } from "../explanation";
import { t } from "../language";
import { binding } from "./binding";
import { cursors } from "./cursors";
import type { WorksheetDocument } from "./document";
import type { WorksheetCell } from "./worksheet-cell";

export { showCursors } from "./cursors";

/** What an editor tells its cell. */
export interface CodeHost {
  parent: ShadowRoot;
  document: WorksheetDocument;
  cell: WorksheetCell;
  label: string;
  assistant: Assistant;
  isReadOnly: boolean;
  /** Does what a command of the page does; the names are those of commands.ts. */
  command(name: string): void;
  /** The cursor leaves the cell upwards or downwards; returns whether there is somewhere to go. */
  left(by: -1 | 1): boolean;
  focused(isFocused: boolean): void;
  selected(anchor: number, head: number): void;
}

const spoken = new Compartment();

/** Languages that are read as Python is. */
const PYTHON = ["", "python", "sage"];

export function createCodeEditor(host: CodeHost): EditorView {
  const view = new EditorView({ parent: host.parent, root: host.parent, state: EditorState.create({ doc: host.cell.text, extensions: extensions(host) }) });
  if (host.cell.type === "code") speak(view, languageOf(host.cell.text), host);
  return view;
}

/** Has an editor know the words of a language. */
function speak(view: EditorView, language: string, { assistant: session }: CodeHost): void {
  if (PYTHON.includes(language)) {
    if (spoken.get(view.state) !== PYTHONS) view.dispatch({ effects: spoken.reconfigure(PYTHONS) });
    return;
  }
  void import("../highlighting").then(({ highlighting }) => {
    // It may be in another one by now, or closed.
    if (languageOf(view.state.doc.toString()) === language) view.dispatch({ effects: spoken.reconfigure(highlighting(language, session)) });
  });
}

/** What an editor has for Python. */
const PYTHONS: Extension = python();

function extensions(host: CodeHost): Extension {
  const isCode = host.cell.type === "code";
  return [
    binding(host.document, host.cell),
    ownKeys(host),
    drawSelection(),
    highlightSpecialChars(),
    cursors(),
    isCode ? forPython(host) : [],
    theme,
    EditorState.readOnly.of(host.isReadOnly),
    EditorView.lineWrapping,
    placeholder(PLACEHOLDERS[host.cell.type]),
    EditorView.contentAttributes.of({
      "aria-label": host.label,
      // The cell is what Tab stops at; Enter leads from there into it.
      tabindex: "-1",
      autocapitalize: isCode ? "off" : "sentences",
      autocorrect: isCode ? "off" : "on",
      spellcheck: isCode ? "false" : "true",
      enterkeyhint: "enter",
    }),
    keymap.of([...(isCode ? [...closeBracketsKeymap, ...completionKeymap] : [indentWithTab]), ...own(host), ...defaultKeymap]),
    EditorView.domEventHandlers({
      beforeinput: (event) => {
        if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return false;
        host.command(event.inputType === "historyUndo" ? "undo" : "redo");
        event.preventDefault();
        return true;
      },
    }),
    EditorView.updateListener.of((update) => {
      if (isCode && update.docChanged) {
        const [before, now] = [update.startState, update.state].map(({ doc }) => languageOf(doc.toString()));
        // An editor cannot change in the midst of its change.
        if (now !== undefined && now !== before) queueMicrotask(() => { speak(update.view, now, host); });
      }
      if (update.focusChanged) host.focused(update.view.hasFocus);
      const { anchor, head } = update.state.selection.main;
      if (update.selectionSet || update.focusChanged || update.docChanged) host.selected(anchor, head);
    }),
  ];
}

const PLACEHOLDERS = { code: "", markdown: t("Text in Markdown, with formulas as in LaTeX."), raw: t("Text as it is.") };

function forPython(host: CodeHost): Extension {
  return [
    indentOnInput(),
    indentUnit.of("    "),
    bracketMatching(),
    closeBrackets(),
    spoken.of(PYTHONS),
    syntaxHighlighting(colours),
    // Before completion, which would take the Escape that closes an explanation.
    assistant.of(host.assistant),
    explanations(),
    autocompletion({ override: [names], activateOnTypingDelay: 150, icons: false }),
    plainPunctuation,
    Prec.highest(keymap.of([{ key: "Tab", run: tab, shift: shiftTab }])),
  ];
}

/** Keys that are the cell's before they are the editor's. */
function ownKeys(host: CodeHost): Extension {
  const does = (name: string): Command => () => {
    host.command(name);
    return true;
  };
  return Prec.highest(
    keymap.of([
      { key: "Escape", run: leave(host) },
      { key: "Shift-Enter", run: does("run-and-advance") },
      { key: "Mod-Enter", run: does("run") },
      { key: "Ctrl-Enter", run: does("run") },
      { key: "Alt-Enter", run: does("run-and-insert") },
      { key: "Ctrl-Shift--", run: does("split") },
      { key: "Ctrl-Shift-_", run: does("split") },
      { key: "Mod-z", run: does("undo"), preventDefault: true },
      { key: "Mod-y", run: does("redo"), preventDefault: true },
      { key: "Mod-Shift-z", run: does("redo"), preventDefault: true },
      { key: "Mod-s", run: does("save"), preventDefault: true },
    ]),
  );
}

/** Leaves the editor, unless there is a list or an explanation to be closed. */
function leave(host: CodeHost): Command {
  return (view) => {
    if (completionStatus(view.state) === "active" || (host.cell.type === "code" && isExplaining(view.state))) return false;
    closeCompletion(view);
    host.command("command-mode");
    return true;
  };
}

/** Keys that are the cell's where the editor has no use for them. */
function own(host: CodeHost): { key: string; run: Command }[] {
  const atEdge = (by: -1 | 1): Command => (view) => {
    const { main } = view.state.selection;
    if (!main.empty || completionStatus(view.state) === "active") return false;
    // The edge of the text, wrapped lines included.
    const moved = view.moveVertically(main, by > 0).head;
    const isEdge = moved === main.head || view.state.doc.lineAt(main.head).number === view.state.doc.lineAt(moved).number && (moved === 0 || moved === view.state.doc.length);
    return isEdge && host.left(by);
  };
  return [
    { key: "ArrowUp", run: atEdge(-1) },
    { key: "ArrowDown", run: atEdge(1) },
  ];
}
