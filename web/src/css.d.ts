declare module "*.css" {
  const text: string;
  export default text;
}

declare module "*.txt" {
  const text: string;
  export default text;
}

/** Path on the site of KaTeX's style sheet, filled in by build.mjs. */
declare const KATEX_STYLE: string;
/** The same of what the page itself needs of it. */
declare const KATEX_PAGE_STYLE: string;
