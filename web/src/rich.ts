/** Static HTML of an output, made harmless. Loaded when the first HTML comes.
 *
 *  It is put behind a shadow root, so that the output's style sheet (pandas' Styler writes one) reaches no other
 *  part of the page. Nothing of it loads anything from anywhere.
 */
import DOMPurify from "dompurify";

import { t } from "./language";
import richStyle from "./rich.css";
import { ASIDE, withoutSheets, withoutStyles } from "./styles-aside";

const FORBIDDEN = ["form", "input", "button", "select", "textarea", "option", "dialog", "link", "meta", "base", "template", "slot"];
/** Tags and attributes that only a frame can make good. Guessed from the text, as even parsing would make the
 *  browser report each event attribute; what the guess misses the sanitiser takes out. */
const SCRIPTED = /<(script|iframe|frame|object|embed|form|input|button|select|textarea)[\s/>]/i;
const EVENT = /[\s/"']on[a-z]+\s*=/i;

/** Whether the HTML needs scripts, frames or forms to be what it is. */
export function isScripted(html: string): boolean {
  // What stands between two ends of tags is looked at once, however many tags begin there.
  return SCRIPTED.test(html) || html.split(">").some((part) => EVENT.test(part.slice(startOfTag(part))));
}

/** Returns where the first tag begins; the end of the text if none does. */
function startOfTag(text: string): number {
  const start = text.search(/<[a-z]/i);
  return start < 0 ? text.length : start;
}

/** Returns an element that shows the HTML without anything that could run, load or send. */
export function sanitised(html: string): HTMLElement {
  const outside = document.createElement("div");
  outside.className = "rich";
  const host = document.createElement("div");
  outside.append(host);
  const root = host.attachShadow({ mode: "open" });
  const { rest, sheets } = withoutSheets(html);
  const content = clean(rest, ["style"]);
  root.adoptedStyleSheets = [sheet(richStyle), ...sheets.map(sheet), ...takeStyles(content)];
  root.append(content);
  return outside;
}

/** Returns the HTML as a fragment for the page itself: no style sheets, since they would reach the page. */
export function cleanWithoutStyles(html: string): DocumentFragment {
  return clean(withoutSheets(html).rest, []);
}

function clean(html: string, alsoAllowed: string[]): DocumentFragment {
  const fragment = DOMPurify.sanitize(withoutStyles(html), {
    RETURN_DOM_FRAGMENT: true,
    // A style sheet at the very start would be dropped otherwise.
    FORCE_BODY: true,
    ADD_TAGS: alsoAllowed,
    FORBID_TAGS: [...FORBIDDEN, ...(alsoAllowed.includes("style") ? [] : ["style"])],
    FORBID_ATTR: ["srcset", "action", "formaction", "ping", "background", "poster", "usemap", "contenteditable", "autofocus", "popover"],
    CUSTOM_ELEMENT_HANDLING: { tagNameCheck: null, attributeNameCheck: null },
  });
  for (const element of fragment.querySelectorAll<HTMLElement | SVGElement>(`[${ASIDE}]`)) {
    element.style.cssText = element.getAttribute(ASIDE) ?? "";
    loadNothing(element.style);
    element.removeAttribute(ASIDE);
  }
  return fragment;
}

DOMPurify.addHook("afterSanitizeAttributes", (element) => {
  // That of a tag too odd to be found in the text.
  const style = element.getAttribute("style");
  element.removeAttribute("style");
  if (style !== null) element.setAttribute(ASIDE, style);
  if (element.hasAttribute("href") && element.localName === "a") leaveThePage(element);
  if (element.hasAttribute("src") && !isOwn(element.getAttribute("src") ?? "")) nameInsteadOfLoading(element);
  for (const name of ["href", "xlink:href"]) {
    if (element.localName !== "a" && element.hasAttribute(name) && !isOwn(element.getAttribute(name) ?? "")) element.removeAttribute(name);
  }
});

function leaveThePage(link: Element): void {
  if (link.getAttribute("href")?.startsWith("#") === true) {
    link.removeAttribute("target");
    return;
  }
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer");
}

/** What comes with the output itself, or is a place in it. */
function isOwn(address: string): boolean {
  return /^(data:|blob:|#)/i.test(address.trim());
}

/** Images of other sites are not loaded, since that would tell those sites who looks; their address is shown. */
function nameInsteadOfLoading(element: Element): void {
  const address = element.getAttribute("src") ?? "";
  element.removeAttribute("src");
  if (element.localName === "img") element.setAttribute("alt", t("[not loaded: {address}]", { address }));
}

function takeStyles(content: DocumentFragment): CSSStyleSheet[] {
  return [...content.querySelectorAll("style")].map((style) => {
    style.remove();
    return sheet(style.textContent);
  });
}

/** An `@import` in a constructed style sheet is ignored, by CSSOM. */
function sheet(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  for (const rule of rulesOf(sheet)) if (rule instanceof CSSStyleRule) loadNothing(rule.style);
  return sheet;
}

function* rulesOf(parent: CSSStyleSheet | CSSGroupingRule): Iterable<CSSRule> {
  for (const rule of parent.cssRules) {
    yield rule;
    if (rule instanceof CSSGroupingRule) yield* rulesOf(rule);
  }
}

/** Takes out what would be fetched. The page's Content-Security-Policy refuses it too, but would complain. */
function loadNothing(style: CSSStyleDeclaration): void {
  for (const property of [...style]) {
    if (/url\((?!["']?(data:|#))/i.test(style.getPropertyValue(property))) style.removeProperty(property);
  }
}
