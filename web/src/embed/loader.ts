/** `/embed.js`: the module, and the one line, by which a page of any site has cells of this one.
 *
 *  Its address stays, and browsers keep it for minutes; what it loads has the hash of its content in its name, and is
 *  kept for ever. First comes the catalogue of the page's language, since texts are taken when the code is loaded.
 */
import { isInSight, preload } from "../preload";
import { tag } from "../tag";

/** The names of the files of this build, filled in by build.mjs. */
declare const EMBED: { main: string; parts: string[]; editor: string[]; languages: Record<string, string> };

const at = (name: string) => new URL(`static/${name}`, import.meta.url).href;

preload(EMBED.parts.map(at));
if ([...document.querySelectorAll("sagews-cell")].some(isInSight)) preload(EMBED.editor.map(at));
globalThis.sagewsLanguage = tag(EMBED.languages);
const catalogue = EMBED.languages[globalThis.sagewsLanguage];
if (catalogue !== undefined) await import(at(catalogue));
const { CellElement } = (await import(at(EMBED.main))) as { CellElement: typeof import("./cell-element").CellElement };

export { CellElement };
