/** Links that carry code: `?c=` as it is, `?z=` packed as SageMathCell packs it (URL-safe base64 of zlib); and `?q=`,
 *  the name of code that the site keeps (`short-link.ts`).
 *
 *  Whether what fills the cells is evaluated at once, says `arrival.ts`. Several cells travel as one text with a line `# %%` between them, which other notebooks read too and which is a comment
 *  everywhere else.
 *
 *  `language` (or `lang`, as SageMathCell has it) is that of the first cell, and of every other one whose line does
 *  not say its own: `# %% language="r"`.
 *
 *  `interacts`, beside `z`, has the values of the controls that the cells show, packed as the code is.
 */
import { t } from "./language";
import { at } from "./site";

const SEPARATOR = /^# %%(?: language="([a-z0-9]*)")?[ \t]*$/m;
/** Names of languages, as far as they can be told before the site has said which it has. */
const LANGUAGE = /^[a-z0-9]{0,20}$/;
/** Bytes of code that a link may unpack to, which bounds what a hostile link can cost. */
const LONGEST_CODE = 1 << 20;

/** Characters of what a link may say of interacts. */
export const LONGEST_INTERACTS = 1 << 16;

export interface LinkedCell {
  code: string;
  /** Empty: the site's own. */
  language: string;
}

/** `interacts`: values for the controls of the cells, as JSON text (`interacts.ts`); undefined: there are none. `null`:
 *  they cannot be read. */
export type Linked = { cells: LinkedCell[]; interacts?: string | null } | { fault: string };

/** Returns the code of the cells that a query carries, or why it cannot be read; undefined if it carries none. */
export async function readLink(query: string): Promise<Linked | undefined> {
  const parameters = new URLSearchParams(query);
  const language = parameters.get("language") ?? parameters.get("lang") ?? "";
  const plain = parameters.get("c");
  if (plain !== null) return { cells: split({ code: plain, language }) };
  const name = parameters.get("q");
  if (name !== null) return fetchKept(name);
  const packed = parameters.get("z");
  if (packed === null) return undefined;
  let cells: LinkedCell[];
  try {
    cells = split({ code: await unpack(packed), language });
  } catch {
    return { fault: t("The code in this link cannot be read: it is damaged or cut off. Ask for the link again.") };
  }
  const states = parameters.get("interacts") ?? "";
  return states === "" ? { cells } : { cells, interacts: await unpack(states, LONGEST_INTERACTS).catch(() => null) };
}

async function fetchKept(name: string): Promise<Linked> {
  const kept = await (await import("./short-link")).fetchShort(name);
  return "code" in kept ? { cells: split(kept), interacts: kept.interacts.length > LONGEST_INTERACTS ? null : kept.interacts } : kept;
}

/** Characters of a link that every server takes: ours reads request lines of 64 KiB, from which its name may be
 *  missing and to which a proxy may add. */
export const LONGEST_LINK = 60_000;

/** Returns the address of this page with joined cells in it; it may be longer than LONGEST_LINK. */
export async function makeLink({ code, language }: LinkedCell, interacts = ""): Promise<string> {
  const link = new URL(at(""));
  link.searchParams.set("z", await pack(code));
  if (language !== "") link.searchParams.set("language", language);
  if (interacts !== "") link.searchParams.set("interacts", await pack(interacts));
  return link.href;
}

/** Returns several cells as one text, and the language that it begins with. */
export function join(cells: readonly LinkedCell[]): LinkedCell {
  const first = cells[0]?.language ?? "";
  const line = ({ language }: LinkedCell) => (language === first ? "# %%" : `# %% language="${language}"`);
  const code = cells.map((cell, place) => (place === 0 ? cell.code : `\n\n${line(cell)}\n${cell.code}`)).join("");
  return { code, language: first };
}

/** Returns the cells of one text. */
export function split({ code, language }: LinkedCell): LinkedCell[] {
  const first = LANGUAGE.test(language) ? language : "";
  // Codes, and between them the languages that the lines say.
  const parts = code.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n").split(SEPARATOR) as (string | undefined)[];
  const cells: LinkedCell[] = [];
  for (let place = 0; place < parts.length; place += 2) {
    cells.push({ code: (parts[place] ?? "").replace(/^\n+|\n+$/g, ""), language: (place === 0 ? undefined : parts[place - 1]) ?? first });
  }
  return cells;
}

async function pack(text: string): Promise<string> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpack(packed: string, most = LONGEST_CODE): Promise<string> {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/").replaceAll(/[=\s]/g, ""));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > most) throw new RangeError("the link unpacks to too much");
  }
}
