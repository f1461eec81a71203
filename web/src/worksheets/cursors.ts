/** Cursors and selections of others in an editor, with their names. */
import { StateEffect, StateField, type Extension, type Range } from "@codemirror/state";
import { Decoration, EditorView, WidgetType, type DecorationSet } from "@codemirror/view";

/** Where somebody is in the text of one editor. */
export interface Cursor {
  name: string;
  colour: string;
  anchor: number;
  head: number;
}

const setCursors = StateEffect.define<readonly Cursor[]>();

class Caret extends WidgetType {
  constructor(readonly cursor: Cursor) {
    super();
  }

  override eq({ cursor }: Caret): boolean {
    return cursor.name === this.cursor.name && cursor.colour === this.cursor.colour;
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement("span");
    caret.className = "cm-person";
    caret.style.borderColor = this.cursor.colour;
    const name = document.createElement("span");
    name.className = "cm-person-name";
    name.style.backgroundColor = this.cursor.colour;
    name.textContent = this.cursor.name;
    caret.append(name);
    caret.setAttribute("aria-hidden", "true");
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

const shown = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (before, transaction) => {
    let cursors = before.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setCursors)) cursors = drawn(effect.value, transaction.state.doc.length);
    return cursors;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export function cursors(): Extension {
  return [
    shown,
    EditorView.baseTheme({
      ".cm-person": { position: "relative", borderLeft: "2px solid", marginLeft: "-1px", marginRight: "-1px" },
      ".cm-person-name": {
        position: "absolute",
        bottom: "100%",
        left: "-2px",
        padding: "0 4px",
        borderRadius: "3px 3px 3px 0",
        color: "#fff",
        font: "600 0.6875rem/1.4 system-ui, sans-serif",
        whiteSpace: "nowrap",
        maxWidth: "10rem",
        overflow: "hidden",
        textOverflow: "ellipsis",
        pointerEvents: "none",
        zIndex: "5",
      },
      ".cm-line:first-child .cm-person-name": { bottom: "auto", top: "100%", borderRadius: "0 3px 3px 3px" },
    }),
  ];
}

export function showCursors(view: EditorView, people: readonly Cursor[]): void {
  view.dispatch({ effects: setCursors.of(people) });
}

function drawn(people: readonly Cursor[], length: number): DecorationSet {
  const ranges: Range<Decoration>[] = [];
  for (const cursor of people) {
    const [anchor, head] = [cursor.anchor, cursor.head].map((place) => Math.min(Math.max(place, 0), length)) as [number, number];
    if (anchor !== head) {
      const style = `background-color: color-mix(in srgb, ${cursor.colour} 25%, transparent)`;
      ranges.push(Decoration.mark({ attributes: { style } }).range(Math.min(anchor, head), Math.max(anchor, head)));
    }
    ranges.push(Decoration.widget({ widget: new Caret(cursor), side: head < anchor ? -1 : 1 }).range(head));
  }
  return Decoration.set(ranges, true);
}
