/** What was written here and the worksheet cannot have any more: it is offered as a notebook, and never lost unsaid. */
import { html, nothing, type TemplateResult } from "lit";

import { t } from "../language";
import type { Sync } from "./sync";

/** Milliseconds until the browser has surely begun to save what it was given. */
const SAVED_AFTER = 60_000;

export function leftovers(sync: Sync): TemplateResult | typeof nothing {
  if (sync.recovered.length === 0) return nothing;
  return html`<div class="notice" role="alert">
    <span>${t("The worksheet was changed as a whole before what you wrote could be saved. What you wrote is kept in this browser.")}</span>
    ${sync.recovered.map((notebook, place) => html`<button class="plain" @click=${() => { save(notebook, `recovered-${place + 1}.ipynb`); }}>${t("Download it")}</button>`)}
    <button class="plain" @click=${() => { void sync.forgetRecovered(); }}>${t("Forget it")}</button>
  </div>`;
}

/** Has the browser save something under a name. */
export function save(content: BlobPart, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(link.href); }, SAVED_AFTER);
}
