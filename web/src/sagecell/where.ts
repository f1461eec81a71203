/** Where code of a language runs: in the first environment of the site that has the language. Thinking only. */

/** Languages by environment; the first of each is its own. */
export type Languages = Readonly<Record<string, readonly string[]>>;

export interface Where {
  /** Empty: the site's first. */
  environment: string;
  /** What the environment is told; empty: its own. */
  language: string;
}

/** Sage, where a site has none, is what the site has instead: its code is mostly Python, and `/kernel` does the same. What
 *  else no environment has is left to the site, which says so. */
export function whereRuns(language: string, languages: Languages): Where {
  for (const [environment, [own, ...others]] of Object.entries(languages)) {
    if (own === language) return { environment, language: "" };
    if (others.includes(language)) return { environment, language };
  }
  return { environment: "", language: language === "sage" ? "" : language };
}
