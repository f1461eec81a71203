/** The line by which the code of a cell of a worksheet is in another language: `%%r`, as Jupyter and Sage have it.
 *
 *  It is part of the source. So it goes wherever that goes, and other programs that have such magics run the same.
 */
import { TITLES } from "./titles";

/** Only comments and empty lines may stand before it. The server reads it in the same way. */
const MAGIC = /^((?:[ \t]*(?:#[^\n]*)?\n)*)%%([a-z0-9]+)[ \t]*(?:\n|$)/;

/** Returns the language that code says it is in; empty if it says none. */
export function languageOf(code: string): string {
  const name = MAGIC.exec(code)?.[2] ?? "";
  return Object.hasOwn(TITLES, name) ? name : "";
}

/** What is to be replaced in code by what, so that it says another language, or none. */
export function spokenEdit(code: string, language: string): { from: number; to: number; insert: string } {
  const insert = language === "" ? "" : `%%${language}\n`;
  const found = languageOf(code) === "" ? null : MAGIC.exec(code);
  const from = found?.[1]?.length ?? 0;
  return { from, to: found?.[0].length ?? 0, insert };
}

/** Returns code without the line. */
export function unspoken(code: string): string {
  const { from, to } = spokenEdit(code, "");
  return code.slice(0, from) + code.slice(to);
}
