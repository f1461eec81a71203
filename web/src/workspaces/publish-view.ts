/** What is published of a workspace: the dialogs that publish a worksheet and that list what is. Loaded when asked for. */
import { html, nothing, type TemplateResult } from "lit";

import { fieldsOf, textOf } from "../content";
import { t } from "../language";
import type { Ask } from "./ask";
import { CANCEL, show, shown } from "./dialogs";

interface Publication {
  id: string;
  address: string;
  path: string;
  title: string;
  authors: string;
  licence: string;
  listed: boolean;
  withdrawn: boolean;
  barred: boolean;
}

const LICENCES: readonly (readonly [string, string])[] = [
  ["", t("All rights reserved")],
  ["CC-BY-4.0", "CC BY 4.0"],
  ["CC-BY-SA-4.0", "CC BY-SA 4.0"],
  ["CC-BY-NC-SA-4.0", "CC BY-NC-SA 4.0"],
  ["CC0-1.0", "CC0 1.0"],
  ["MIT", "MIT License"],
  ["BSD-3-Clause", "BSD 3-Clause License"],
  ["GPL-3.0-or-later", "GNU GPL 3 or later"],
];

/** Asks how a worksheet is to be published, and publishes it, unless the reader does not go on. */
export async function publish(ask: Ask, workspace: string, path: string): Promise<void> {
  const before = (await listed(ask, workspace)).find((each) => each.path === path && !each.barred);
  const fields = await form(
    before === undefined || before.withdrawn ? t("Publish the worksheet") : t("Publish it again"),
    html`<p>${t("Whoever has its address can read it as it is saved now, with its outputs, and copy it.")}</p>
      <label>${t("Title")} <input name="title" maxlength="200" placeholder=${t("That of the worksheet")} .value=${before?.title ?? ""} /></label>
      <label>${t("Authors")} <input name="authors" maxlength="200" placeholder=${t("The name of your account")} .value=${before?.authors ?? ""} /></label>
      <label>${t("Licence")} <select name="licence">${LICENCES.map(([of, called]) => html`<option value=${of} ?selected=${of === (before?.licence ?? "CC-BY-4.0")}>${called}</option>`)}</select></label>
      <label class="box"><input type="checkbox" name="listed" .checked=${before?.listed === true} /> ${t("In the gallery, and for search engines")}</label>
      ${before === undefined ? nothing : html`<label class="box"><input type="checkbox" name="same" checked /> ${t("At the same address as before")}</label>`}`,
    t("Publish"),
  );
  if (fields === undefined) return;
  const body = { path, title: text(fields, "title"), authors: text(fields, "authors"), licence: text(fields, "licence"), listed: fields.has("listed") };
  const isSame = before !== undefined && fields.has("same");
  const made = isSame
    ? await ask.json("PUT", `/${workspace}/publications/${before.id}`, body)
    : await ask.json("POST", `/${workspace}/publications`, body);
  const { address } = publicationOf(made);
  await show(t("It is published"), html`<p>${t("Whoever has this address can read it:")}</p>
    <p><a href=${address} target="_blank" rel="noopener"><code>${location.origin}${address}</code></a></p>
    ${isSame ? html`<p class="soft">${t("Within a minute everybody sees this version.")}</p>` : nothing}`);
}

/** Shows what is published of a workspace; whoever may save to it may withdraw it. */
export async function showPublished(ask: Ask, workspace: string, maySave: boolean): Promise<string> {
  const found = (await listed(ask, workspace)).filter((each) => !each.withdrawn);
  const entry = (each: Publication): TemplateResult => html`<li>
    <span class="path"><a href=${each.address} target="_blank" rel="noopener">${each.title}</a>
      <span class="soft">${each.path}, ${each.listed ? t("in the gallery") : t("unlisted")}</span></span>
    ${maySave ? html`<button value=${each.id} aria-label=${t("Withdraw {title}", { title: each.title })}>${t("Withdraw")}</button>` : nothing}
  </li>`;
  const list = found.length === 0 ? html`<p class="soft">${t("Nothing of this workspace is published.")}</p>` : html`<ul class="entries">${found.map(entry)}</ul>`;
  const chosen = await show(t("Published"), list);
  const withdrawn = found.find((each) => each.id === chosen);
  if (withdrawn === undefined) return "";
  await ask.json("DELETE", `/${workspace}/publications/${withdrawn.id}`);
  return t("{title} is withdrawn: within a minute nobody can read it.", { title: withdrawn.title });
}

async function listed(ask: Ask, workspace: string): Promise<Publication[]> {
  const found: Publication[] = [];
  for (let more = true; more; ) {
    const query = new URLSearchParams({ after: found.at(-1)?.id ?? "" }).toString();
    const page = await ask.json("GET", `/${workspace}/publications?${query}`);
    if (Array.isArray(page["publications"])) found.push(...page["publications"].map((each: unknown) => publicationOf(fieldsOf(each))));
    more = page["more"] === true;
  }
  return found;
}

function publicationOf(fields: Record<string, unknown>): Publication {
  const id = textOf(fields["id"]);
  return {
    id,
    address: `/published/${encodeURIComponent(id)}`,
    path: textOf(fields["path"]),
    title: textOf(fields["title"]),
    authors: textOf(fields["authors"]),
    licence: textOf(fields["licence"]),
    listed: fields["listed"] === true,
    withdrawn: typeof fields["withdrawn"] === "number",
    barred: fields["barred"] === true,
  };
}

function text(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}

/** Asks for several fields; returns them, or undefined if the reader does not go on. */
async function form(title: string, fields: TemplateResult, go: string): Promise<FormData | undefined> {
  const dialog = await shown(html`<form method="dialog" class="fields">
    <h2 id="question">${title}</h2>
    ${fields}
    <div class="actions">
      <button class="main" value="go">${go}</button>
      ${CANCEL}
    </div>
  </form>`);
  const sent = dialog.querySelector("form");
  return dialog.returnValue === "go" && sent !== null ? new FormData(sent) : undefined;
}
