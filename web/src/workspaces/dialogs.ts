/** Questions to the reader, each a dialog of the browser's own: it takes the focus, and Escape ends it. */
import { html, render, type TemplateResult } from "lit";

import { t } from "../language";

interface Question {
  title: string;
  /** What there is to know, beside the title. */
  text?: string;
  /** What the button that goes on says. */
  go: string;
  /** Label of a field, if something is to be written. */
  label?: string;
  value?: string;
  /** What can be written there, if it is one of a few, each with what it is called. */
  choices?: readonly (readonly [string, string])[];
}

/** The button by which a reader does not go on. */
export const CANCEL = html`<button type="button" @click=${(event: Event) => { dialogOf(event)?.close(); }}>${t("Cancel")}</button>`;

/** Asks, and returns what was written (empty without a field), or undefined if the reader does not go on. */
export async function question({ title, text = "", go, label, value = "", choices = [] }: Question): Promise<string | undefined> {
  const written = () => html`<input name="value" .value=${value} required maxlength="900" />`;
  const chosen = () => html`<select name="value">${choices.map(([of, called]) => html`<option value=${of}>${called}</option>`)}</select>`;
  const field = label === undefined ? "" : html`<label>${label} ${choices.length === 0 ? written() : chosen()}</label>`;
  const body = html`<form method="dialog">
    <h2 id="question">${title}</h2>
    ${text === "" ? "" : html`<p>${text}</p>`} ${field}
    <div class="actions">
      <button class="main" value="go">${go}</button>
      ${CANCEL}
    </div>
  </form>`;
  const dialog = await shown(body);
  if (dialog.returnValue !== "go") return undefined;
  return dialog.querySelector<HTMLInputElement | HTMLSelectElement>("[name=value]")?.value ?? "";
}

/** Shows something until the reader closes it; returns the value of the button that they press for it. */
export async function show(title: string, content: TemplateResult): Promise<string> {
  const dialog = await shown(html`<form method="dialog" class="shown">
    <div class="head"><h2 id="question">${title}</h2><button value="">${t("Close")}</button></div>
    ${content}
  </form>`);
  return dialog.returnValue;
}

/** Shows a dialog until it is closed; returns it. */
export async function shown(body: TemplateResult): Promise<HTMLDialogElement> {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "question");
  render(body, dialog);
  document.body.append(dialog);
  const closed = new Promise((resolve) => { dialog.addEventListener("close", resolve, { once: true }); });
  dialog.showModal();
  await closed;
  dialog.remove();
  return dialog;
}

function dialogOf(event: Event): HTMLDialogElement | null {
  return event.target instanceof Element ? event.target.closest("dialog") : null;
}
