/** An editor and the text of a cell, each of which becomes what the other is.
 *
 *  Of our own, in a hundred lines, as what there is for it counts on a protocol of presence that is not ours, and
 *  lets characters be taken apart, which the server refuses.
 */
import { ChangeSet, EditorState, Transaction, type ChangeSpec, type Extension, type TransactionSpec } from "@codemirror/state";
import { EditorView, ViewPlugin, type PluginValue, type ViewUpdate } from "@codemirror/view";
import type * as Y from "yjs";

import type { WorksheetDocument } from "./document";
import { whole, type Edit } from "./whole";
import type { WorksheetCell } from "./worksheet-cell";

/** Returns what binds an editor, whose text is that of the cell now, to the cell. */
export function binding(document: WorksheetDocument, cell: WorksheetCell): Extension {
  return [
    // Whatever a file has at the end of its lines stays, and counts as it does there.
    EditorState.lineSeparator.of("\n"),
    EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n")),
    EditorState.transactionFilter.of(inWholeCharacters),
    ViewPlugin.define((view) => new Binding(view, document, cell)),
  ];
}

class Binding implements PluginValue {
  readonly #view: EditorView;
  readonly #document: WorksheetDocument;
  readonly #cell: WorksheetCell;
  readonly #text: Y.Text;
  #isWriting = false;

  constructor(view: EditorView, document: WorksheetDocument, cell: WorksheetCell) {
    this.#view = view;
    this.#document = document;
    this.#cell = cell;
    this.#text = cell.source;
    this.#text.observe(this.#told);
  }

  destroy(): void {
    this.#text.unobserve(this.#told);
  }

  update(update: ViewUpdate): void {
    const own = update.transactions.filter((each) => each.docChanged && each.annotation(Transaction.remote) !== true);
    const [first, ...others] = own;
    if (first === undefined) return;
    const changes = others.reduce((before, { changes: after }) => before.compose(after), first.changes);
    this.#isWriting = true;
    try {
      this.#document.edit(this.#cell, editsOf(changes));
    } finally {
      this.#isWriting = false;
    }
  }

  readonly #told = (event: Y.YTextEvent, { origin }: Y.Transaction): void => {
    if (this.#isWriting) return;
    const changes: ChangeSpec[] = [];
    let place = 0, last = 0, grown = 0;
    for (const { insert, retain = 0, delete: deleted = 0 } of event.delta) {
      place += retain;
      if (typeof insert === "string") {
        changes.push({ from: place, insert });
        grown += insert.length;
        last = place + grown;
      }
      if (deleted > 0) {
        changes.push({ from: place, to: place + deleted });
        last = place + grown;
        place += deleted;
        grown -= deleted;
      }
    }
    const isUndone = this.#document.isOfUndo(origin);
    const seen: TransactionSpec = isUndone ? { selection: { anchor: last }, scrollIntoView: this.#view.hasFocus } : {};
    this.#view.dispatch({ changes, ...seen, annotations: [Transaction.remote.of(true), Transaction.addToHistory.of(false)] });
  };
}

function editsOf(changes: ChangeSet): Edit[] {
  const edits: Edit[] = [];
  changes.iterChanges((from, to, _start, _end, inserted) => { edits.push({ from, to, insert: inserted.sliceString(0, undefined, "\n") }); });
  return edits;
}

/** Makes of a change that takes characters apart one that does not, so that the editor has what the cell will have. */
function inWholeCharacters(transaction: Transaction): Transaction | readonly TransactionSpec[] {
  if (!transaction.docChanged || transaction.annotation(Transaction.remote) === true) return transaction;
  const edits = editsOf(transaction.changes);
  const { doc } = transaction.startState;
  const better = edits.map((edit) => {
    // A letter on each side is enough to see whether a character comes apart.
    const start = Math.max(0, edit.from - 1);
    const near = whole(doc.sliceString(start, edit.to + 1, "\n"), { ...edit, from: edit.from - start, to: edit.to - start });
    return { ...near, from: near.from + start, to: near.to + start };
  });
  const isSame = better.every(({ from, to, insert }, place) => from === edits[place]?.from && to === edits[place].to && insert === edits[place].insert);
  if (isSame) return transaction;
  return [{ changes: better.map(({ from, to, insert }) => ({ from, to, insert })), annotations: Transaction.userEvent.of("input"), scrollIntoView: true }];
}
