/** Where the site is, found in the order in which SageMathCell's library finds it. Thinking only. */

const SCRIPT = /^.*?(?=(?:static\/)?embedded_sagecell\.js)/;

/** What is looked at in a page. */
export interface Signs {
  /** `sagecell.root` as the page has set it. */
  preset: unknown;
  /** The `href` of the page's `<link property="sagecell-root">`, in order. */
  links: readonly string[];
  /** The addresses of the page's scripts, in order. */
  scripts: readonly string[];
  /** The origin of the page. */
  origin: string;
}

/** Returns the address of the site, with a slash at its end. */
export function rootOf({ preset, links, scripts, origin }: Signs): string {
  const script = scripts.map((address) => SCRIPT.exec(address)?.[0]).findLast((found) => found !== undefined);
  const named = typeof preset === "string" && preset !== "" ? preset : links.at(-1);
  const root = named ?? (script === undefined || script === "" || script === "/" ? origin : script);
  const whole = root.endsWith("/") ? root : `${root}/`;
  return whole === "http://sagecell.sagemath.org/" ? "https://sagecell.sagemath.org/" : whole;
}

/** Returns what the page of now shows of it. */
export function signsOf(page: Document, preset: unknown): Signs {
  return {
    preset,
    links: [...page.querySelectorAll("link[property='sagecell-root']")].map((link) => link.getAttribute("href") ?? ""),
    scripts: [...page.scripts].map(({ src }) => src),
    origin: location.origin,
  };
}
