/** Style sheets and attributes of style, set aside before the HTML of an output is parsed.
 *
 *  A policy of the page around may forbid them: a browser would report each when it parses it, and hide from us what it
 *  says. What a script sets is not forbidden (CSP 3, 4.2.3). The text is hostile: it is read once from the left, whatever
 *  is in it. What is too odd to be found here is found when it is parsed. Thinking only.
 */

/** By which name an attribute of style is parsed. */
export const ASIDE = "data-sagews-style";

/** Returns the HTML without its style sheets, and these. */
export function withoutSheets(html: string): { rest: string; sheets: string[] } {
  const begin = /<style(?=[\s/>])/gi;
  const end = /<\/style\s*>/gi;
  const sheets: string[] = [];
  let rest = "";
  let position = 0;
  for (let opened = begin.exec(html); opened !== null; opened = begin.exec(html)) {
    const start = html.indexOf(">", begin.lastIndex) + 1;
    end.lastIndex = start;
    const closed = start === 0 ? null : end.exec(html);
    if (closed === null) break;
    rest += html.slice(position, opened.index);
    sheets.push(html.slice(start, closed.index));
    position = begin.lastIndex = end.lastIndex;
  }
  return { rest: rest + html.slice(position), sheets };
}

/** Returns the HTML with attributes of style by the other name. */
export function withoutStyles(html: string): string {
  // A quoted value, the name where an attribute begins, or the end of the tag.
  const part = /"[^"]*"?|'[^']*'?|(?<=[\s"'/])style(?=[\s=])|>/gi;
  const begin = /<[a-z]/gi;
  let done = "";
  let position = 0;
  for (let opened = begin.exec(html); opened !== null; opened = begin.exec(html)) {
    part.lastIndex = begin.lastIndex;
    let found = part.exec(html);
    for (; found !== null && found[0] !== ">"; found = part.exec(html)) {
      if (found[0].toLowerCase() !== "style") continue;
      done += html.slice(position, found.index) + ASIDE;
      position = part.lastIndex;
    }
    if (found === null) break;
    begin.lastIndex = part.lastIndex;
  }
  return done + html.slice(position);
}
