/** What the page says, in its reader's language.
 *
 *  The texts stand here in English, as the keys of gettext's catalogues do. The server knows the language: its page
 *  has it as `lang`, and loads the catalogue, a module of its own, before the code. What a catalogue lacks is said
 *  in English. Thinking only.
 */

/** Texts by their English ones; those with a number have one for each plural form. */
export type Catalogue = Readonly<Record<string, string | readonly string[] | undefined>>;

declare global {
  var sagewsTexts: Catalogue | undefined;
  /** The language of the catalogue, where the page around is another site's and may say anything. */
  var sagewsLanguage: string | undefined;
}

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Values<Text extends string> = [Names<Text>] extends [never] ? [] : [Record<Names<Text>, string | number>];

/** The language of the page, as a tag (BCP 47). */
export const language = globalThis.sagewsLanguage ?? (globalThis.document as Document | undefined)?.documentElement.lang ?? "en";

const texts = globalThis.sagewsTexts ?? {};
const rules = new Intl.PluralRules(language);
/** The plural forms of the language, in gettext's order. */
const forms = ["zero", "one", "two", "few", "many", "other"].filter((form) => rules.resolvedOptions().pluralCategories.includes(form as Intl.LDMLPluralRule));

/** Returns a text, with values in the places of their `{names}`; numbers as the language writes them. */
export function t<Text extends string>(text: Text, ...values: Values<Text>): string {
  return filled((texts[text] as string | undefined) ?? text, values[0]);
}

/** Returns a text that has a number, `{count}`, in the form that goes with it. */
export function tn<Text extends string>(one: string, other: Text, count: number, values?: Record<Exclude<Names<Text>, "count">, string | number>): string {
  const known = texts[one] as readonly string[] | undefined;
  const form = known?.[Math.min(forms.indexOf(rules.select(count)), known.length - 1)];
  return filled(form ?? (count === 1 ? one : other), { ...values, count });
}

/** Returns what a word of the server's means, where the catalogue has it; else what the server says, in English. */
export function coded(kind: keyof Coded, code: string, otherwise: string): string {
  return (texts[`${kind}:${code}`] as string | undefined) ?? otherwise;
}

/** Words of the server's that catalogues have, and English needs not: there the server says more. */
export interface Coded {
  /** Reasons of evaluations. */
  done: "done" | "error" | "interrupted" | "not_run" | "wall_time" | "cpu_time" | "output" | "event_rate" | "session_ended";
  /** Reasons of sessions. */
  ended: "closed" | "idle" | "lifetime" | "memory" | "cpu_time" | "processes" | "disk" | "exited" | "killed" | "worker_lost" | "drained" | "shutdown" | "abandoned";
  /** Failures. */
  failure: "full" | "draining" | "unavailable" | "too_many" | "too_large" | "unknown_session" | "no_space" | "unknown_file" | "file_changed";
  /** Roles in a workspace. */
  role: "viewer" | "editor" | "owner";
}

function filled(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => inLanguage(values[name] ?? ""));
}

/** Returns a number as the language writes it. */
export function inLanguage(value: string | number, digits = 0): string {
  return typeof value === "number" ? value.toLocaleString(language, { minimumFractionDigits: digits }) : value;
}
