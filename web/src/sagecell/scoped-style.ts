/** A style sheet of our own pages, made to reach nothing but the cells of somebody else's page. */

/** Returns its rules, each within an element that matches `scope`; those for the whole page are for that element. */
export function scoped(css: string, scope: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  narrow(sheet, scope);
  return sheet;
}

function narrow(parent: CSSStyleSheet | CSSGroupingRule, scope: string): void {
  for (const rule of parent.cssRules) {
    if (rule instanceof CSSStyleRule) rule.selectorText = rule.selectorText === ":root" ? scope : `${scope} :is(${rule.selectorText})`;
    else if (rule instanceof CSSGroupingRule) narrow(rule, scope);
  }
}
