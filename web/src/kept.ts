/** Kept results in words: from when one is, and why another is none. Thinking only. */

/** Returns from when a kept result is: the time of today, the date of another day. Seconds since the epoch. */
export function keptInWords(since: number, now = Date.now() / 1000): string {
  const ran = new Date(since * 1000);
  const today = new Date(now * 1000);
  if (ran.toDateString() === today.toDateString()) {
    return `kept, from ${ran.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
  }
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "long" };
  if (ran.getFullYear() !== today.getFullYear()) day.year = "numeric";
  return `kept, from ${ran.toLocaleDateString("en-GB", day)}`;
}

/** Returns a time to the second, in the reader's time zone. */
export function exactTime(seconds: number): string {
  return new Date(seconds * 1000).toLocaleString("en-GB", { dateStyle: "full", timeStyle: "medium" });
}

/** Returns why a result is not kept; empty if nothing is known that would keep it from being. */
export function whyNotKept(unrepeatable: string): string {
  if (unrepeatable === "") return "";
  return `Not kept for the next time: ${WHY[unrepeatable] ?? unrepeatable.replaceAll("_", " ")}.`;
}

const WHY: Readonly<Record<string, string>> = {
  clock: "it read the clock",
  random: "it drew random numbers without a seed",
  network: "it used the network",
  input: "it asked for input",
  process: "it started another program",
  files: "it read files that are not its own",
  foreign_code: "it called compiled code, which cannot be watched",
  late: "it left something running",
};
