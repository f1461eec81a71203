/** Where mathematics stands in the text of a page, by MathJax's rules, as SageMathCell's library sets them. */

/** Mathematics between its delimiters: first what is displayed, `$$`, `\[`, an environment; then `\(` and `$`. */
export const FORMULA = /\$\$([^]+?)\$\$|\\\[([^]+?)\\\]|(\\begin\{([a-zA-Z]+\*?)\}[^]+?\\end\{\4\})|\\\(([^]+?)\\\)|(?<!\\)\$((?:\\[^]|[^$\\])+?)\$/;
/** Formulas as MathJax 2 keeps them. */
export const SCRIPTS = 'script[type^="math/tex"]';

/** What is never looked into; the last of these has code, or what cells put out, which is set there. */
const VERBATIM = "script, noscript, style, textarea, pre, code, annotation, annotation-xml, select, svg, math, [contenteditable], .katex, .sagecell, sagews-cell";
const IGNORED = ".tex2jax_ignore, .mathjax_ignore";
const PROCESSED = ".tex2jax_process, .mathjax_process";

/** A dollar that is meant. */
const ESCAPED = /\\\$/;

/** Returns the texts below an element in which there is some, or a dollar that is escaped for it. */
export function mathematicalTexts(root: Element): Text[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode() !== null) {
    const text = walker.currentNode as Text;
    if ((FORMULA.test(text.data) || ESCAPED.test(text.data)) && isRead(text.parentElement)) found.push(text);
  }
  return found;
}

function isRead(element: Element | null): boolean {
  if (element === null || element.closest(VERBATIM) !== null) return false;
  const said = element.closest(`${IGNORED}, ${PROCESSED}`);
  return said === null || said.matches(PROCESSED);
}
