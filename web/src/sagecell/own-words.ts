/** The few words of a cell that are there before anything is loaded, in the language in which the page says that it is: an
 *  author writes about a button by its name. What comes later has its catalogue (`loading.ts`).
 */

/** By the tags of languages, what the catalogues have of them; filled in by build.mjs. */
declare const SAGECELL_WORDS: Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Returns a text in the page's language; in English where that is no other, or has no word for it. */
export function t(text: string): string {
  const wanted = document.documentElement.lang.toLowerCase().split("-")[0];
  const tag = Object.keys(SAGECELL_WORDS).find((each) => each.split("-")[0] === wanted);
  return SAGECELL_WORDS[tag ?? ""]?.[text] ?? text;
}
