/** The language of what is ours in a page of another site. */

/** Returns the tag of the catalogue for the page: by the language that it says it is in, else by the reader's. */
export function tag(languages: Readonly<Record<string, string>>): string {
  for (const wanted of [document.documentElement.lang, ...navigator.languages]) {
    const found = ["en", ...Object.keys(languages)].find((each) => each.split("-")[0] === wanted.toLowerCase().split("-")[0]);
    if (found !== undefined) return found;
  }
  return "en";
}
