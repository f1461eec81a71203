/** Signatures and documentation of names, asked of the session: after `(`, by Shift-Tab, under a resting pointer. */
import { Prec, StateEffect, StateField, type EditorState, type Extension } from "@codemirror/state";
import { EditorView, closeHoverTooltips, hasHoverTooltips, hoverTooltip, keymap, showTooltip, type Command, type Tooltip, type TooltipView } from "@codemirror/view";

import { assistant, codePoints } from "./assistant";
import { fieldsOf, readFields, textOf } from "./content";
import { withoutCodes } from "./terminal";

const show = StateEffect.define<Tooltip | null>();

/** What is shown at the cursor, until the reader goes on. */
const shown = StateField.define<Tooltip | null>({
  create: () => null,
  update: (tooltip, transaction) => {
    for (const effect of transaction.effects) if (effect.is(show)) return effect.value;
    if (tooltip === null) return null;
    const typed = transaction.docChanged ? transaction.state.sliceDoc(tooltip.pos, transaction.state.selection.main.head) : "";
    const isLeft = transaction.selection !== undefined && !transaction.docChanged;
    return isLeft || /[)\n]/.test(typed) || transaction.state.selection.main.head < tooltip.pos ? null : tooltip;
  },
  provide: (field) => showTooltip.from(field),
});

export function explanations(): Extension {
  return [
    shown,
    afterParenthesis,
    hoverTooltip(async (view, position) => (isName(view, position) ? ask(view, position) : null), { hoverTime: 600 }),
    Prec.highest(keymap.of([{ key: "Escape", run: dismiss }])),
  ];
}

export const explainAtCursor: Command = (view) => {
  void explain(view, view.state.selection.main.head);
  return true;
};

/** Whether an explanation is shown, which Escape would close. */
export function isExplaining(state: EditorState): boolean {
  return state.field(shown) !== null || hasHoverTooltips(state);
}

const dismiss: Command = (view) => {
  if (!isExplaining(view.state)) return false;
  view.dispatch({ effects: [show.of(null), closeHoverTooltips] });
  return true;
};

const afterParenthesis = EditorView.updateListener.of((update) => {
  const isTyped = update.transactions.some((transaction) => transaction.isUserEvent("input.type"));
  if (!isTyped || !update.docChanged) return;
  const head = update.state.selection.main.head;
  const before = update.state.sliceDoc(Math.max(0, head - 2), head);
  if (/[\p{L}\p{N}_]\($/u.test(before)) void explain(update.view, head);
});

async function explain(view: EditorView, position: number): Promise<void> {
  const tooltip = await ask(view, position);
  view.dispatch({ effects: show.of(tooltip) });
}

async function ask(view: EditorView, position: number): Promise<Tooltip | null> {
  const asked = view.state.facet(assistant);
  if (asked?.isFree() !== true) return null;
  const code = view.state.doc.toString();
  const body = await asked.inspect(code, codePoints(code, position));
  return body === undefined ? null : tooltipOf(body, position);
}

function isName(view: EditorView, position: number): boolean {
  return /[\p{L}\p{N}_]/u.test(view.state.sliceDoc(position, position + 1));
}

function tooltipOf(body: string, position: number): Tooltip | null {
  const fields = readFields(body);
  const text = textOf(fieldsOf(fields["data"])["text/plain"]);
  if (fields["found"] !== true || text === "") return null;
  return { pos: position, above: true, create: () => view(text) };
}

function view(text: string): TooltipView {
  const dom = document.createElement("pre");
  dom.className = "cm-explanation";
  dom.textContent = withoutCodes(text.trimEnd());
  return { dom };
}
