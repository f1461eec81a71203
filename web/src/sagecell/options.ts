/** The options of `makeSagecell`: names, defaults, and what is in force for one cell. Thinking only.
 *
 *  What is in force: the defaults, over them the template, over them the arguments; `hide` is all three together.
 */

export type Given = Readonly<Record<string, unknown>>;

/** In force for one cell. Whatever else a page gives stays in its object and is ignored. */
export interface Options {
  editor: "codemirror" | "codemirror-readonly" | "textarea" | "textarea-readonly";
  evalButtonText: string;
  languages: readonly string[];
  defaultLanguage: string;
  linked: boolean;
  autoeval: boolean;
  replaceOutput: boolean;
  hide: ReadonlySet<string>;
  isDebug: boolean;
  /** In a part of its own, that is closed or open at first; undefined: not. */
  collapse: boolean | undefined;
  /** What the controls of the first evaluation begin at; whatever the page has written. */
  interacts: unknown;
  callback: (() => void) | undefined;
}

/** All languages, in the order in which they are offered; the first is the default. */
export const LANGUAGES = ["sage", "gap", "gp", "html", "macaulay2", "maxima", "octave", "python", "r", "singular"] as const;

export const TEMPLATES = {
  /** A button, and what comes of it. */
  minimal: { editor: "textarea-readonly", hide: ["editor", "files", "permalink"] },
  /** Code that cannot be changed. */
  restricted: { editor: "codemirror-readonly", hide: ["files", "permalink"] },
};

const DEFAULTS: Given = { editor: "codemirror", hide: ["messages"], mode: "normal", replaceOutput: true, languages: ["sage"] };
const EDITORS = ["codemirror-readonly", "textarea", "textarea-readonly"] as const;

/** Returns all that is given for a cell, one over the other, as a page reads it in its object. */
export function together(given: Given): Record<string, unknown> {
  const template = fields(given["template"]);
  const all: Record<string, unknown> = {};
  for (const layer of [DEFAULTS, template, given]) {
    for (const [name, value] of Object.entries(layer)) if (value !== undefined) all[name] = value;
  }
  all["hide"] = [DEFAULTS, template, given].flatMap(({ hide }) => texts(hide));
  const languages = texts(all["languages"]);
  if (languages.length === 0) languages.push("sage");
  all["languages"] = languages;
  if (!languages.includes(all["defaultLanguage"] as string)) all["defaultLanguage"] = languages[0];
  if (given["linkKey"]) all["linked"] = true;
  return all;
}

/** Returns what is in force for a cell of which all this is given. */
export function effective(all: Given): Options {
  const languages = texts(all["languages"]);
  const linked = Boolean(all["linked"]);
  const isDebug = all["mode"] === "debug";
  const hidden = [...texts(all["hide"]), ...(languages.length === 1 ? ["language"] : []), ...(linked ? ["permalink"] : [])];
  const { callback, collapse } = all;
  return {
    editor: EDITORS.find((name) => name === all["editor"]) ?? "codemirror",
    evalButtonText: text(all["evalButtonText"]),
    languages: isDebug ? LANGUAGES : languages,
    defaultLanguage: text(all["defaultLanguage"]),
    linked,
    autoeval: Boolean(all["autoeval"]),
    replaceOutput: Boolean(all["replaceOutput"]),
    hide: new Set(isDebug ? [] : hidden),
    isDebug,
    collapse: collapse === undefined ? undefined : Boolean(collapse),
    interacts: all["interacts"],
    callback: typeof callback === "function" ? (callback as () => void) : undefined,
  };
}

function fields(value: unknown): Given {
  return typeof value === "object" && value !== null ? (value as Given) : {};
}

/** A page may also give one name alone. */
function texts(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter((each) => typeof each === "string");
}

/** Returns what a page gives as text; a number is one as well. */
export function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
