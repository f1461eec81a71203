/** `/embed.js`: the module, and the one line, by which a page of any site has cells of this one.
 *
 *  Its address stays, and browsers keep it for minutes; what it loads has the hash of its content in its name, and is
 *  kept for ever. First comes the catalogue of the page's language, since texts are taken when the code is loaded.
 */

import { tag } from "../tag";

/** The names of the files of this build, filled in by build.mjs. */
declare const EMBED: { main: string; parts: string[]; languages: Record<string, string> };

const at = (name: string) => new URL(`static/${name}`, import.meta.url).href;

function preload(name: string): void {
  const link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = at(name);
  document.head.append(link);
}

[EMBED.main, ...EMBED.parts].forEach(preload);
globalThis.sagewsLanguage = tag(EMBED.languages);
const catalogue = EMBED.languages[globalThis.sagewsLanguage];
if (catalogue !== undefined) await import(at(catalogue));
const { CellElement } = (await import(at(EMBED.main))) as { CellElement: typeof import("./cell-element").CellElement };

export { CellElement };
