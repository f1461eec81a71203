/** What two versions differ in, drawn: text as text, whatever it says. No script of a notebook runs here. */
import { html, nothing, type TemplateResult } from "lit";

import { t, tn } from "../language";
import type { Cell, Difference, Line } from "./versions";

const CHANGES: Record<string, string> = { added: t("new"), removed: t("removed"), changed: t("changed"), moved: t("moved") };
/** What screen readers say before a line, and what others see. */
const MARKS: Record<string, readonly [string, string]> = { added: [t("added: "), "+ "], removed: [t("removed: "), "- "], same: ["", "  "] };

export function differenceView(difference: Difference): TemplateResult {
  const { kind, cells, metadata, isCut } = difference;
  if (kind === "bytes") return html`<p class="soft">${t("It is no text, or too large to be compared: its versions can be downloaded, and are not shown here.")}</p>`;
  const beside = metadata ? html`<p>${t("Settings of the notebook differ.")}</p>` : nothing;
  const more = isCut ? html`<p class="soft">${t("There is more than is shown here.")}</p>` : nothing;
  if (cells.length === 0) return html`${metadata ? nothing : html`<p class="soft">${t("They are the same.")}</p>`}${beside}`;
  return html`<p class="soft">${kind === "cells" ? tn("{count} cell differs.", "{count} cells differ.", cells.length) : ""}</p>
    ${beside} ${cells.map(cellView)} ${more}`;
}

function cellView(cell: Cell): TemplateResult {
  const remarks = [
    cell.isMoved && cell.change !== "moved" ? t("It was moved, too.") : "",
    cell.outputs && cell.change === "changed" ? t("What it shows differs.") : "",
    cell.metadata ? t("Its type or settings differ.") : "",
  ].filter((remark) => remark !== "");
  const title = cell.type === "" ? t("The file") : `${called(cell)}: ${CHANGES[cell.change] ?? cell.change}`;
  return html`<section class="cell ${cell.change}">
    <h3>${title}</h3>
    ${remarks.length === 0 ? nothing : html`<p class="soft">${remarks.join(" ")}</p>`}
    ${cell.lines.length === 0 ? nothing : html`<pre class="lines" tabindex="0" aria-label=${t("Lines of {title}", { title })}>${cell.lines.map(lineView)}</pre>`}
  </section>`;
}

function called({ type, number }: Cell): string {
  if (type === "code") return t("Code cell {number}", { number });
  if (type === "markdown") return t("Text cell {number}", { number });
  return type === "raw" ? t("Raw cell {number}", { number }) : t("Cell {number}", { number });
}

function lineView({ kind, text }: Line): TemplateResult {
  if (kind === "skipped") return html`<span class="skipped">⋯</span>`;
  const [said, mark] = MARKS[kind] ?? ["", "  "];
  return html`<span class=${kind in MARKS ? kind : "same"}><span class="unseen">${said}</span>${mark}${text}</span>`;
}
