/** What completes code of other languages: the names that their programs know, and those of the code itself.
 *
 *  The lists are the server's own, each loaded when it is first asked for, so that there need be no session. One that
 *  there is knows further names: of cells that ran before in a language which keeps its state.
 */
import type { Assistant } from "./assistant";
import { readMatches } from "./content";

const LISTS: Readonly<Record<string, () => Promise<{ default: string }>>> = {
  gap: () => import("../../sagews/protocol/words/gap.txt"),
  gp: () => import("../../sagews/protocol/words/gp.txt"),
  maxima: () => import("../../sagews/protocol/words/maxima.txt"),
  r: () => import("../../sagews/protocol/words/r.txt"),
  singular: () => import("../../sagews/protocol/words/singular.txt"),
};
/** What may be a name, as the server has it (`protocol/names.py`): R has dots in its own, and Maxima a percent sign. */
const WORDS: Readonly<Record<string, string>> = { r: "[\\p{L}\\p{N}_.]+", maxima: "%?[\\p{L}\\p{N}_]+" };
const WORD = "[\\p{L}\\p{N}_]+";

/** Returns the names that begin as what stands before the cursor, and where that begins; both count code points. */
export function following(code: string, cursor: number, language: string, list: string): { matches: string[]; cursor_start: number; cursor_end: number } {
  const points = Array.from(code);
  const before = points.slice(0, cursor).join("");
  const word = WORDS[language] ?? WORD;
  // What follows a number, or a single dot, is no name.
  const typed = new RegExp(`(?<![\\p{L}\\p{N}_%])(?<!(?<!\\.)\\.)(?!\\p{N})${word}$`, "u").exec(before)?.[0];
  if (typed === undefined) return { matches: [], cursor_start: cursor, cursor_end: cursor };
  const others = `${before.slice(0, -typed.length)} ${points.slice(cursor).join("")}`.match(new RegExp(word, "gu")) ?? [];
  const found = new Set([...list.split("\n"), ...others].filter((name) => name.startsWith(typed) && name !== typed));
  return { matches: [...found].sort(), cursor_start: cursor - Array.from(typed).length, cursor_end: cursor };
}

/** Milliseconds for which a session is waited for: it may be one that has to be opened. */
const PATIENCE = 700;

function late(): Promise<undefined> {
  return new Promise((resolve) => { setTimeout(() => { resolve(undefined); }, PATIENCE); });
}

/** Returns what an editor asks while code of a language is written; `session`: what it would ask in its own. */
export function knowing(language: string, session?: Assistant): Assistant {
  return {
    isFree: () => true,
    complete: async (code, cursor) => {
      // The session takes the language from the first line.
      const line = `%%${language}\n`;
      const asked = session?.isFree() === true ? session.complete(line + code, line.length + cursor) : undefined;
      const list = await LISTS[language]?.().catch(() => undefined);
      const found = following(code, cursor, language, list?.default ?? "");
      const { matches, start } = readMatches((await Promise.race([asked, late()])) ?? "{}");
      const more = start === found.cursor_start + line.length ? matches : [];
      return JSON.stringify({ ...found, matches: [...new Set([...found.matches, ...more])].sort() });
    },
    inspect: () => Promise.resolve(undefined),
  };
}
