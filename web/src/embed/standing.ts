/** Where an evaluation stands, in a few words. */
import { html, type TemplateResult } from "lit";

import type { Evaluation } from "../evaluation";
import { t } from "../language";
import type { Session } from "../session";
import { durationInWords, placeInWords } from "../words";

/** `session`: in which it is evaluated, if that stays. `isEdited`: other code stands in the cell by now. */
export function standing(evaluation: Evaluation, session: Session | undefined, isEdited: boolean): TemplateResult {
  const edited = evaluation.hasEnded && isEdited ? ` · ${t("edited since")}` : "";
  switch (evaluation.state) {
    case "sending": {
      const line = evaluation.run === undefined ? session?.line : undefined;
      return html`${line === undefined ? t("sending…") : placeInWords(line.place)}`;
    }
    case "waiting":
      return html`${evaluation.waitsFor === "" ? t("about to run") : evaluation.waitsFor}`;
    case "running":
      return html`${t("running")}`;
    case "ended":
      if (evaluation.reason === "done") return html`${durationInWords(evaluation.wallSeconds)}${edited}`;
      return html`<span class="reason">${evaluation.text}${edited}</span>`;
  }
}
