/** `/embed.js`: the module, and the one line, by which a page of any site has cells of this one.
 *
 *  Its address stays, and browsers keep it for minutes; what it loads has the hash of its content in its name, and is
 *  kept for ever. First comes the catalogue of the page's language, since texts are taken when the code is loaded.
 */

/** The names of the files of this build, filled in by build.mjs. */
declare const EMBED: { main: string; parts: string[]; languages: Record<string, string> };

const at = (name: string) => new URL(`static/${name}`, import.meta.url).href;

function preload(name: string): void {
  const link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = at(name);
  document.head.append(link);
}

/** Returns the tag of the catalogue for the page: by the language that it says it is in, else by the reader's. */
function tag(): string {
  for (const wanted of [document.documentElement.lang, ...navigator.languages]) {
    const found = ["en", ...Object.keys(EMBED.languages)].find((each) => each.split("-")[0] === wanted.toLowerCase().split("-")[0]);
    if (found !== undefined) return found;
  }
  return "en";
}

[EMBED.main, ...EMBED.parts].forEach(preload);
globalThis.sagewsLanguage = tag();
const catalogue = EMBED.languages[globalThis.sagewsLanguage];
if (catalogue !== undefined) await import(at(catalogue));
const { CellElement } = (await import(at(EMBED.main))) as { CellElement: typeof import("./cell-element").CellElement };

export { CellElement };
