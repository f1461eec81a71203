declare module "*.css" {
  const text: string;
  export default text;
}

/** Address of KaTeX's style sheet, filled in by build.mjs. */
declare const KATEX_STYLE: string;

/** Where a page of another site finds, from the site's root, the modules of its cells and jQuery; the same. */
declare const LIVE_MODULE: string;
declare const JQUERY_SCRIPT: string;
