/** Short links: code that the site keeps under a name that nobody can guess. */
import { reason } from "./api";
import { fieldsOf, numberOf, textOf } from "./content";
import { t } from "./language";
import type { LinkedCell } from "./permalink";
import { at } from "./site";

export interface ShortLink {
  link: string;
  /** When it ends, by this page's clock; undefined: never. */
  expires: Date | undefined;
}

/** Milliseconds for an answer. */
const PATIENCE = 20_000;
const AWAY = t("the server was not reached: try again");

/** Returns what is kept under a name, or why it cannot be had. */
export async function fetchShort(name: string): Promise<(LinkedCell & { interacts: string }) | { fault: string }> {
  try {
    const response = await fetch(at(`api/v1/permalinks/${encodeURIComponent(name)}`), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) return { fault: t("The code of this link cannot be had: {why}", { why: await reason(response) }) };
    const kept = fieldsOf((await response.json()) as unknown);
    return { code: textOf(kept["code"]), language: textOf(kept["language"]), interacts: textOf(kept["interacts"]) };
  } catch {
    return { fault: t("The code of this link cannot be had: {why}", { why: `${AWAY}.` }) };
  }
}

/** Has the site keep this code, and the values of its controls, and returns where, or why not. */
export async function makeShort({ code, language }: LinkedCell, interacts = ""): Promise<ShortLink | { fault: string }> {
  let response: Response;
  try {
    const headers = { "Content-Type": "application/json" };
    response = await fetch(at("api/v1/permalinks"), { method: "POST", headers, body: JSON.stringify({ code, language, interacts }) });
    if (!response.ok) return { fault: t("No short link could be made: {why}", { why: await reason(response) }) };
    const kept = fieldsOf((await response.json()) as unknown);
    const link = new URL(at(""));
    link.searchParams.set("q", textOf(kept["id"]));
    const expires = numberOf(kept["expires"]);
    return { link: link.href, expires: expires > 0 ? new Date(expires * 1000) : undefined };
  } catch {
    return { fault: t("No short link could be made: {why}", { why: `${AWAY}.` }) };
  }
}
