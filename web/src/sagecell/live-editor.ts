/** The editor of a cell in somebody else's page, in the place of the code as text. */
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
  const alive = () => {
    const found = session();
    return found?.state === "live" ? found : undefined;
  };
  const editor = new CellEditor();
  editor.owner = {
    label: t("Code"),
    isReadOnly: Boolean(shim.getOption("readOnly")),
    assistant: {
      isFree: () => alive() !== undefined,
      complete: (text, cursor) => alive()?.complete(text, cursor) ?? Promise.resolve(undefined),
      inspect: (text, cursor) => alive()?.inspect(text, cursor) ?? Promise.resolve(undefined),
    },
    changed: (text) => { code.text = text; },
    evaluate: () => { cell.markup.button.click(); },
    evaluateAndAdd: () => { cell.markup.button.click(); },
  };
  editor.code = code.text;
  editor.language = cell.language;
  code.watch(() => { if (editor.code !== code.text) editor.code = code.text; });
  cell.markup.language.addEventListener("change", () => { editor.language = cell.language; });
  scroll.replaceChildren(editor);
  shim.take({
    focus: () => { editor.focus(); },
    get hasFocus() { return editor.view?.hasFocus ?? false; },
    readOnly: (isReadOnly) => { editor.isReadOnly = isReadOnly; },
  });
}
