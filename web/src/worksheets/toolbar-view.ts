/** The toolbar of a worksheet: what is done most, and a menu with the rest. */
import { html, nothing, type TemplateResult } from "lit";

import { t } from "../language";
import "../menu";
import type { MenuItem } from "../menu";
import { COMMANDS, type CommandName } from "./commands";
import type { WorksheetDesk } from "./desk";
import type { CellType } from "./worksheet-cell";

/** What the menu has, in this order. */
const MORE: readonly CommandName[] = [
  "run-all", "run-above", "run-below", "restart", "restart-and-run-all", "interrupt",
  "insert-above", "move-up", "move-down", "split", "merge", "cut", "copy", "paste", "delete",
  "fold-source", "fold-outputs", "clear", "clear-all", "redo", "files",
];

export interface Tools {
  desk: WorksheetDesk;
  type: CellType;
  mayWrite: boolean;
  perform: (name: string) => void;
}

export function toolbar({ desk, type, mayWrite, perform }: Tools): TemplateResult {
  const button = (name: CommandName, sign: string, more = "") => {
    const { label, keys, writingKeys = [] } = COMMANDS[name];
    const key = keys[0] ?? writingKeys[0];
    // The focus stays where it is, so that the cursor is known.
    return html`<button class="plain tool ${more}" aria-label=${label} title=${key === undefined ? label : `${label} (${key})`} @mousedown=${keep} @click=${() => { perform(name); }}>${sign}</button>`;
  };
  const items = MORE.map((name): MenuItem => ({ label: COMMANDS[name].label, run: () => { perform(name); } }));
  return html`<div class="toolbar" role="toolbar" aria-label=${t("Worksheet")}>
    ${mayWrite
      ? html`${button("run-and-advance", "▶\ufe0e")} ${button("interrupt", "■\ufe0e", "wide")} ${button("insert-below", "+")} ${button("undo", "↶")} ${button("redo", "↷", "wide")}
          <select aria-label=${t("Type of the cell")} .value=${type} @change=${(event: Event) => { perform((event.target as HTMLSelectElement).value); }}>
            <option value="code">${t("Code")}</option>
            <option value="markdown">${t("Markdown")}</option>
            <option value="raw">${t("Raw text")}</option>
          </select>
          <sagews-cell-language .desk=${desk}></sagews-cell-language>
          <sagews-menu .label=${"⋯"} .description=${t("More to do with cells")} .items=${items}></sagews-menu>`
      : nothing}
    <span class="space"></span>
    ${mayWrite ? button("files", t("Files"), "wide") : nothing} ${button("find", t("Find"))} ${button("outline", t("Outline"), "wide")} ${button("help", "?", "wide")}
    ${mayWrite ? nothing : button("copy", t("Copy"))}
  </div>`;
}

function keep(event: Event): void {
  event.preventDefault();
}
