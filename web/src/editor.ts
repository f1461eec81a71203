/** The editor of a cell: CodeMirror with what Python and a phone need. Loaded after the page is shown.
 *
 *  It lives behind a shadow root, where CodeMirror uses constructed style sheets.
 */
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus, startCompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec, Transaction, type Extension } from "@codemirror/state";
import { EditorView, drawSelection, highlightSpecialChars, keymap, placeholder, type Command } from "@codemirror/view";

import { colours, theme } from "./editor-theme";
import { assistant, type Assistant } from "./assistant";
import { names } from "./completion";
import { explainAtCursor, explanations, isExplaining } from "./explanation";
import { t } from "./language";

export interface EditorHost {
  parent: ShadowRoot;
  code: string;
  label: string;
  assistant: Assistant;
  isReadOnly: boolean;
  changed(code: string): void;
  evaluate(): void;
  evaluateAndAdd(): void;
  focused(isFocused: boolean): void;
}

export function createEditor(host: EditorHost): EditorView {
  return new EditorView({ parent: host.parent, root: host.parent, state: EditorState.create({ doc: host.code, extensions: extensions(host) }) });
}

/** Replaces the code, as far as it differs, without an event to the host. */
export function replaceCode(view: EditorView, code: string): void {
  const old = view.state.doc.toString();
  if (old === code) return;
  let start = 0;
  while (start < old.length && start < code.length && old[start] === code[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < code.length - start && old.at(-1 - end) === code.at(-1 - end)) end += 1;
  view.dispatch({
    changes: { from: start, to: old.length - end, insert: code.slice(start, code.length - end) },
    annotations: Transaction.remote.of(true),
  });
}

/** Puts the cursor at the start of a line, counted from 1. */
export function goToLine(view: EditorView, number: number): void {
  const line = view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
  view.dispatch({ selection: { anchor: line.from, head: line.to }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
  view.focus();
}

const spoken = new Compartment();

/** Languages that are read as Python is; the site's own is one. */
const PYTHON = ["", "python", "sage"];

/** What an editor has for them. */
function own(): Extension {
  return [python(), placeholder(matchMedia("(pointer: coarse)").matches ? t("Type Python here.") : t("Type Python here. Shift-Enter evaluates."))];
}

/** Has an editor know a language: its words, and what is said where nothing is written yet. */
export function speak(view: EditorView, language: string, session: Assistant): void {
  if (PYTHON.includes(language)) {
    view.dispatch({ effects: spoken.reconfigure(own()) });
    return;
  }
  void import("./highlighting").then(({ highlighting }) => { view.dispatch({ effects: spoken.reconfigure(highlighting(language, session)) }); });
}

function extensions(host: EditorHost): Extension {
  return [
    wayOut,
    ownKeys(host),
    history(),
    drawSelection(),
    highlightSpecialChars(),
    indentOnInput(),
    indentUnit.of("    "),
    bracketMatching(),
    closeBrackets(),
    spoken.of(own()),
    EditorState.readOnly.of(host.isReadOnly),
    syntaxHighlighting(colours),
    theme,
    // Before completion, which would take the Escape that closes an explanation.
    assistant.of(host.assistant),
    explanations(),
    autocompletion({ override: [names], activateOnTypingDelay: 150, icons: false }),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({
      "aria-label": host.label,
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
      enterkeyhint: "enter",
    }),
    plainPunctuation,
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
    EditorView.updateListener.of((update) => {
      if (update.focusChanged) host.focused(update.view.hasFocus);
      const isRemote = update.transactions.some((transaction) => transaction.annotation(Transaction.remote) === true);
      if (update.docChanged && !isRemote) host.changed(update.state.doc.toString());
    }),
  ];
}

/** Escape, where it closes nothing, lets the next Tab leave the editor; any other key, or leaving it, ends that. */
const wayOut = Prec.highest(
  EditorView.domEventHandlers({
    keydown: (event, view) => {
      const closes = completionStatus(view.state) === "active" || isExplaining(view.state);
      if (event.key === "Escape") view.setTabFocusMode(!closes);
      else if (event.key !== "Tab" && event.key !== "Shift") view.setTabFocusMode(false);
      return false;
    },
    blur: (_, view) => {
      view.setTabFocusMode(false);
      return false;
    },
  }),
);

function ownKeys(host: EditorHost): Extension {
  const and = (act: () => void): Command => () => {
    act();
    return true;
  };
  return Prec.highest(
    keymap.of([
      { key: "Shift-Enter", run: and(() => { host.evaluate(); }) },
      { key: "Mod-Enter", run: and(() => { host.evaluate(); }) },
      { key: "Alt-Enter", run: and(() => { host.evaluateAndAdd(); }) },
      { key: "Tab", run: tab, shift: shiftTab },
    ]),
  );
}

/** Accepts a completion, asks for one after a name, else indents. */
export const tab: Command = (view) => {
  if (completionStatus(view.state) === "active") {
    // A list that has only just appeared is not accepted from, but Tab must not leave the editor then.
    acceptCompletion(view);
    return true;
  }
  const { main } = view.state.selection;
  const before = view.state.sliceDoc(Math.max(0, main.head - 1), main.head);
  if (main.empty && /[\p{L}\p{N}_.%]/u.test(before)) return startCompletion(view);
  if (!main.empty) return indentMore(view);
  view.dispatch(view.state.replaceSelection("    "), { userEvent: "input.indent", scrollIntoView: true });
  return true;
};

/** Takes indentation back at the start of a line, elsewhere explains the name at the cursor. */
export const shiftTab: Command = (view) => {
  const { main } = view.state.selection;
  const line = view.state.doc.lineAt(main.head);
  const isInIndent = view.state.sliceDoc(line.from, main.head).trim() === "";
  return isInIndent || !main.empty ? indentLess(view) : explainAtCursor(view);
};

/** What a phone's keyboard makes of typed quotes and hyphens is taken back: Python knows only the plain ones. */
export const plainPunctuation = EditorView.inputHandler.of((view, from, to, text) => {
  const plain = PLAIN[text];
  if (plain === undefined || !matchMedia("(pointer: coarse)").matches) return false;
  view.dispatch({ changes: { from, to, insert: plain }, selection: { anchor: from + plain.length }, userEvent: "input.type" });
  return true;
});

const PLAIN: Readonly<Record<string, string>> = { "‘": "'", "’": "'", "“": '"', "”": '"', "—": "--", "…": "..." };
