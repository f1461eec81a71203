/** Links that carry code: `?c=` as it is, `?z=` packed as SageMathCell packs it (URL-safe base64 of zlib); and `?q=`,
 *  the name of code that the site keeps (`short-link.ts`).
 *
 *  A link only fills cells; nothing runs before the reader says so, since any page may link here. Several cells
 *  travel as one text with a line `# %%` between them, which other notebooks read too and which is a comment
 *  everywhere else.
 */
import { t } from "./language";

const SEPARATOR = /^# %%[ \t]*$/m;
/** Bytes of code that a link may unpack to, which bounds what a hostile link can cost. */
const LONGEST_CODE = 1 << 20;

export type Linked = { codes: string[] } | { fault: string };

/** Returns the code of the cells that a query carries, or why it cannot be read; undefined if it carries none. */
export async function readLink(query: string): Promise<Linked | undefined> {
  const parameters = new URLSearchParams(query);
  const plain = parameters.get("c");
  if (plain !== null) return { codes: split(plain) };
  const name = parameters.get("q");
  if (name !== null) return fetchKept(name);
  const packed = parameters.get("z");
  if (packed === null) return undefined;
  try {
    return { codes: split(await unpack(packed)) };
  } catch {
    return { fault: t("The code in this link cannot be read: it is damaged or cut off. Ask for the link again.") };
  }
}

async function fetchKept(name: string): Promise<Linked> {
  const kept = await (await import("./short-link")).fetchShort(name);
  return "code" in kept ? { codes: split(kept.code) } : kept;
}

/** Characters of a link that every server takes: ours reads request lines of 64 KiB, from which its name may be
 *  missing and to which a proxy may add. */
export const LONGEST_LINK = 60_000;

/** Returns the address of this page with these cells in it; it may be longer than LONGEST_LINK. */
export async function makeLink(codes: string[]): Promise<string> {
  const link = new URL("/", location.href);
  link.searchParams.set("z", await pack(join(codes)));
  return link.href;
}

/** Returns several cells as one text. */
export function join(codes: string[]): string {
  return codes.join("\n\n# %%\n");
}

function split(text: string): string[] {
  return text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n").split(SEPARATOR).map((code) => code.replace(/^\n+|\n+$/g, ""));
}

async function pack(text: string): Promise<string> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpack(packed: string): Promise<string> {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/").replaceAll(/[=\s]/g, ""));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > LONGEST_CODE) throw new RangeError("the code of the link is too long");
  }
}
