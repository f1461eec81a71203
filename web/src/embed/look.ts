/** The style sheet of cells in pages of other sites: the site's own colours, each of which an author may set.
 *
 *  What is `--accent` within a cell is `--sagews-accent` for the page around it.
 */
import { unsafeCSS, type CSSResult } from "lit";

import colours from "../colours.css";
import dark from "../dark.css";
import cell from "./cell.css";

/** What an author may set that is no colour. */
const SHAPE = ":root { --radius: 12px; }";

const light = offered(SHAPE + colours);
const nightly = offered(dark);

export const look: CSSResult = unsafeCSS(
  `${light}
@media (prefers-color-scheme: dark) { ${nightly.replaceAll(":host", ':host(:not([appearance="light"]))')} }
${nightly.replaceAll(":host", ':host([appearance="dark"])')}
:host { color-scheme: light dark; } :host([appearance="light"]) { color-scheme: light; } :host([appearance="dark"]) { color-scheme: dark; }
${cell}`,
);

/** Returns colours of a page as those of a cell, the author's before them. */
function offered(css: string): string {
  return css.replaceAll(":root", ":host").replace(/--([\w-]+):\s*([^;]+);/g, "--$1: var(--sagews-$1, $2);");
}
