/** Colours code of languages that are read line by line, as CodeMirror 5 did it.
 *
 *  CodeMirror's own `StreamLanguage` would do, but lies in a file that every editor loads. Here it is enough to know
 *  what each word is; nothing asks for a tree.
 */
import { StringStream, type StreamParser } from "@codemirror/language";
import type { Extension, Range, Text } from "@codemirror/state";
import { Decoration, ViewPlugin, type DecorationSet, type EditorView, type ViewUpdate } from "@codemirror/view";
import { tags, type Tag } from "@lezer/highlight";

import { colours } from "./editor-theme";

/** Characters that are read; what follows them has no colours. */
const MOST = 100_000;
const INDENT = 4;
/** Calls after which a parser that does not get on is given up for a line. */
const PATIENCE = 10;

/** What the words of parsers mean here. */
const TAGS: Readonly<Record<string, Tag>> = {
  atom: tags.bool,
  attribute: tags.typeName,
  builtin: tags.typeName,
  comment: tags.comment,
  keyword: tags.keyword,
  meta: tags.meta,
  number: tags.number,
  string: tags.string,
  tag: tags.keyword,
};

export function lineColours<State>(parser: StreamParser<State>): Extension {
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;

      constructor(view: EditorView) {
        this.decorations = colour(view.state.doc, parser);
      }

      update(update: ViewUpdate): void {
        if (update.docChanged) this.decorations = colour(update.state.doc, parser);
      }
    },
    { decorations: ({ decorations }) => decorations },
  );
}

function colour<State>(code: Text, parser: StreamParser<State>): DecorationSet {
  const marks: Range<Decoration>[] = [];
  // A parser without a state of its own is given one that it does not look at.
  const state = (parser.startState?.(INDENT) ?? {}) as State;
  for (let number = 1; number <= code.lines; number += 1) {
    const { from, to, text } = code.line(number);
    if (to > MOST) break;
    if (text === "") parser.blankLine?.(state, INDENT);
    const stream = new StringStream(text, INDENT, INDENT);
    while (!stream.eol()) {
      stream.start = stream.pos;
      const style = word(stream, parser, state);
      const found = style === null ? undefined : colours.style([TAGS[style.split(/[ .]/)[0] ?? ""] ?? tags.content]);
      if (typeof found === "string") marks.push(Decoration.mark({ class: found }).range(from + stream.start, from + stream.pos));
    }
  }
  return Decoration.set(marks);
}

/** Reads the next word and returns what it is. */
function word<State>(stream: StringStream, parser: StreamParser<State>, state: State): string | null {
  for (let call = 0; call < PATIENCE; call += 1) {
    const style = parser.token(stream, state);
    if (stream.pos > stream.start) return style;
  }
  stream.skipToEnd();
  return null;
}
