/** What an editor has for code that is no Python. Loaded when a cell is in one. */
import { octave } from "@codemirror/legacy-modes/mode/octave";
import { r } from "@codemirror/legacy-modes/mode/r";
import { html } from "@codemirror/legacy-modes/mode/xml";
import { Prec, type Extension } from "@codemirror/state";
import { placeholder } from "@codemirror/view";

import { assistant, type Assistant } from "./assistant";
import { t } from "./language";
import { lineColours } from "./line-colours";
import { TITLES } from "./titles";
import { knowing } from "./program-names";

/** Those of the others are not known here: their code is shown as it is. */
const WORDS: Readonly<Record<string, () => Extension>> = {
  html: () => lineColours(html),
  octave: () => lineColours(octave),
  r: () => lineColours(r),
};

/** `session`: what its code can be completed from beyond the language itself. */
export function highlighting(language: string, session: Assistant): Extension {
  return [
    WORDS[language]?.() ?? [],
    Prec.highest(assistant.of(knowing(language, session))),
    placeholder(t("Type {language} here.", { language: TITLES[language] ?? language })),
  ];
}
