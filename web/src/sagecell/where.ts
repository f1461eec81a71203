/** Where code of a language runs: in the environment that the site has for such pages, or else in the first that has the
 *  language. Thinking only.
 */

/** Languages by environment; the first of each is its own. */
export type Languages = Readonly<Record<string, readonly string[]>>;

export interface Where {
  /** Empty: the site's first, or what it has for such pages. */
  environment: string;
  /** What the environment is told; empty: its own. */
  language: string;
}

/** Sage, where a site has none, is what the site has instead: its code is mostly Python, and `/kernel` does the same. What
 *  else no environment has is left to the site, which says so. */
export function whereRuns(language: string, languages: Languages, preferred = ""): Where {
  const all = Object.entries(languages);
  for (const [environment, [own, ...others]] of [...all.filter(([name]) => name === preferred), ...all]) {
    if (own === language) return { environment, language: "" };
    if (others.includes(language)) return { environment, language };
  }
  return { environment: preferred, language: language === "sage" ? "" : language };
}
