/** The editor of a cell in somebody else's page, in the place of the code as text. */
import type { Assistant } from "../assistant";
import { CellEditor } from "../editor-view";
import { t } from "../language";
import type { Session } from "../session";
import type { PageCell } from "./page-cell";

const edited = new WeakSet<PageCell>();

/** Gives a cell its editor, once. `session`: what is asked for completions, if it lives. */
export function editCell(cell: PageCell, session: () => Session | undefined): void {
  const { editor: shim, scroll, code } = cell;
  if (shim === undefined || scroll === undefined || edited.has(cell)) return;
  edited.add(cell);
  const assistant = assistantOf(session);
  let editor = put(cell, scroll, assistant, Boolean(shim.getOption("readOnly")));
  code.watch(() => { if (editor.code !== code.text) editor.code = code.text; });
  cell.markup.language.addEventListener("change", () => { editor.language = cell.language; });
  shim.take({
    focus: () => { editor.focus(); },
    get hasFocus() { return editor.view?.hasFocus ?? false; },
    goToLine: (line) => { editor.goToLine(line); },
    readOnly: (isReadOnly) => { editor = put(cell, scroll, assistant, isReadOnly); },
  });
}

function put({ code, language, markup }: PageCell, place: HTMLElement, assistant: Assistant, isReadOnly: boolean): CellEditor {
  const evaluate = () => { markup.button.click(); };
  const editor = new CellEditor();
  editor.owner = { label: t("Code"), isReadOnly, assistant, changed: (text) => { code.text = text; }, evaluate, evaluateAndAdd: evaluate };
  editor.code = code.text;
  editor.language = language;
  place.replaceChildren(editor);
  return editor;
}

function assistantOf(session: () => Session | undefined): Assistant {
  const alive = () => {
    const found = session();
    return found?.state === "live" ? found : undefined;
  };
  return {
    isFree: () => alive() !== undefined,
    complete: async (code, cursor) => alive()?.complete(code, cursor),
    inspect: async (code, cursor) => alive()?.inspect(code, cursor),
  };
}
