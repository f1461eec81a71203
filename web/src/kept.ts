/** Kept results in words: from when one is, and why another is none. Thinking only. */
import { language, t } from "./language";

/** Of English, the one with the day before the month and 24 hours. */
const LOCALE = language === "en" ? "en-GB" : language;

/** Returns from when a kept result is: the time of today, the date of another day. Seconds since the epoch. */
export function keptInWords(since: number, now = Date.now() / 1000): string {
  const ran = new Date(since * 1000);
  const today = new Date(now * 1000);
  if (ran.toDateString() === today.toDateString()) {
    return t("kept, from {when}", { when: ran.toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit" }) });
  }
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "long" };
  if (ran.getFullYear() !== today.getFullYear()) day.year = "numeric";
  return t("kept, from {when}", { when: ran.toLocaleDateString(LOCALE, day) });
}

/** Returns a time to the second, in the reader's time zone. */
export function exactTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString(LOCALE, { dateStyle: "full", timeStyle: "medium" });
}

/** Returns why a result is not kept; empty if nothing is known that would keep it from being. */
export function whyNotKept(unrepeatable: string): string {
  if (unrepeatable === "") return "";
  return t("Not kept for the next time: {why}.", { why: WHY[unrepeatable] ?? unrepeatable.replaceAll("_", " ") });
}

const WHY: Readonly<Record<string, string>> = {
  clock: t("it read the clock"),
  random: t("it drew random numbers without a seed"),
  network: t("it used the network"),
  input: t("it asked for input"),
  process: t("it started another program"),
  files: t("it read files that are not its own"),
  foreign_code: t("it called compiled code, which cannot be watched"),
  late: t("it left something running"),
};
