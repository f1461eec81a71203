/** The head of a worksheet's page: its name, and the ways to its workspace, its history, and out of here. */
import { html, type TemplateResult } from "lit";

import { t } from "../language";
import "../menu";
import type { MenuItem } from "../menu";
import { historyOf, workspaceOf } from "./address";
import type { Errand } from "./errands";
import type { Place } from "./place";

export interface Head {
  place: Place;
  name: string;
  mayWrite: boolean;
  run: (errand: Errand) => void;
}

export function head({ place, name, mayWrite, run }: Head): TemplateResult {
  const history = historyOf(place);
  const items: MenuItem[] = [
    ...(mayWrite ? [{ label: t("Save a version now"), run: () => { run("save"); } }] : []),
    { label: t("History"), run: () => { location.assign(history); } },
    { label: t("Export"), run: () => { run("export"); } },
    // Who came by a link has no account in whose name to publish.
    ...(mayWrite && place.link === "" ? [{ label: t("Publish"), run: () => { run("publish"); } }] : []),
  ];
  return html`<header>
    <a class="name" href="/">sagews</a>
    <h1 title=${place.path}>${name}</h1>
    <nav aria-label=${t("Page")}>
      <a href=${workspaceOf(place)}>${t("Workspace")}</a>
      <a class="wide" href=${history}>${t("History")}</a>
      <sagews-menu .label=${"≡"} .description=${t("More of this worksheet")} .items=${items}></sagews-menu>
    </nav>
  </header>`;
}
