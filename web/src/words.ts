/** Quantities and reasons in words, as the page says them. Units of time and of bytes are signs, the same in all languages. */
import { inLanguage, t, tn } from "./language";

/** Returns `3 s`, `2 min 5 s`, `1 h 20 min`: two units at most. */
export function timeInWords(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return join(Math.floor(whole / 60), "min", whole % 60, "s");
  return join(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
}

/** Returns how long something took: `3 ms`, `0.25 s`, `12.3 s`, then as `timeInWords`. */
export function durationInWords(seconds: number): string {
  if (seconds < 0.1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${inLanguage(Number(seconds.toFixed(2)), 2)} s`;
  return seconds < 60 ? `${inLanguage(Number(seconds.toFixed(1)), 1)} s` : timeInWords(seconds);
}

/** Returns `8 MiB`, `1.5 KiB`, `12 bytes`. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1024) return tn("{count} byte", "{count} bytes", bytes);
  const units = ["KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${inLanguage(amount < 10 ? Number(amount.toFixed(1)) : Math.round(amount))} ${units[power - 1] ?? ""}`;
}

/** Returns `1st in line for a free place`. */
export function placeInWords(place: number): string {
  const suffix = /1\d$/.test(String(place)) ? "th" : (["th", "st", "nd", "rd"][place % 10] ?? "th");
  return t("{place}{th} in line for a free place", { place, th: suffix });
}

/** Returns why an evaluation ended, for a reader who got no words from the server. */
export function reasonInWords(reason: string): string {
  return EVALUATION_REASONS[reason] ?? reason.replaceAll("_", " ");
}

const EVALUATION_REASONS: Readonly<Record<string, string>> = {
  done: t("Done"),
  error: t("Ended with an error"),
  interrupted: t("Stopped"),
  not_run: t("Not run, because an evaluation before it failed or was stopped"),
  wall_time: t("Stopped: it ran longer than one evaluation may"),
  cpu_time: t("Stopped: it used more processor time than one evaluation may"),
  output: t("Stopped: it wrote more than one evaluation may"),
  event_rate: t("Stopped: it sent more outputs a second than one evaluation may"),
  replaced: t("Replaced by a later evaluation"),
  refused: t("Refused"),
  session_ended: t("The session ended before it was done"),
};

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
