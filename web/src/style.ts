/** Style sheets of parts of the page that are loaded when they are needed. */

const sheets: CSSStyleSheet[] = [];
/** What shows such parts: our page, or in a page of another site the shadow roots of cells. */
const roots = new Set<DocumentOrShadowRoot>([document]);

/** Adds one to all that shows parts; to be called once for each. */
export function addStyle(text: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  sheets.push(sheet);
  for (const root of roots) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** Has a shadow root show parts, and the page around it no more, which looks as its author wants. Undone by what is returned. */
export function dress(root: ShadowRoot): () => void {
  roots.delete(document);
  roots.add(root);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...sheets.filter((sheet) => !root.adoptedStyleSheets.includes(sheet))];
  return () => { roots.delete(root); };
}
