/** Style sheets of parts of the page that are loaded when they are needed. */

/** Adds one to the page; to be called once for each. */
export function addStyle(text: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
