/** What protects whom on this site, in words. Thinking only; loaded after the page is shown. */
import type { Connection } from "./connection";
import { t } from "./language";

/** What each tier of isolation means for a reader. */
const TIERS = new Map([
  ["A", t("Code runs in a sandbox, as a user of its own for every session (tier A).")],
  ["B", t("Code runs in a sandbox of its own for every session (tier B).")],
  ["C", t("Code runs without a sandbox; harmful system calls are refused, and files can be read (tier C).")],
  ["D", t("Code runs as the user who started this server, without a sandbox (tier D).")],
]);

/** Returns what protects whom on this site, in words. */
export function protection(connection: Connection): string {
  const { welcome } = connection;
  if (welcome === undefined) return "";
  const runs = TIERS.get(welcome.tier) ?? t("How code is kept apart here is not known yet.");
  const reach =
    welcome.access === "loopback" ? t("Only this computer can reach it.") : t("Whoever has its token can run code here; other web pages cannot.");
  return `${runs} ${reach} sagews ${welcome.software}.`;
}
