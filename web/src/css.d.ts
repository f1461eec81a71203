declare module "*.css" {
  const text: string;
  export default text;
}

/** Address of KaTeX's style sheet, filled in by build.mjs. */
declare const KATEX_STYLE: string;
