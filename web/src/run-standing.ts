/** Where a stateless evaluation stands that is done: how long it took, or that its result was kept, and from when. */
import { html, nothing, type TemplateResult } from "lit";

import type { Evaluation } from "./evaluation";
import { exactTime, keptInWords, whyNotKept } from "./kept";
import { t } from "./language";
import { durationInWords } from "./words";

/** Draws it. `again` evaluates anew, whatever is kept; undefined if there is other code in the cell by now. */
export function runStanding({ keptSince, wallSeconds, unrepeatable }: Evaluation, again: (() => void) | undefined): TemplateResult {
  const took = durationInWords(wallSeconds);
  if (keptSince === 0) return html`<span title=${whyNotKept(unrepeatable) || nothing}>${took}</span>`;
  const ran = new Date(keptSince * 1000).toISOString();
  return html`<time datetime=${ran} title=${t("It ran on {when}, and took {took}", { when: exactTime(keptSince), took })}>${keptInWords(keptSince)}</time>
    ${again === undefined ? nothing : html`<button class="plain again" title=${t("Evaluates it now, whatever is kept")} @click=${again}>${t("Run again")}</button>`}`;
}
