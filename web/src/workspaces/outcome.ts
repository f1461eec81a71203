/** What became of a file that was to be saved, in words. */
import { t } from "../language";
import type { Fault, Saved } from "./ask";

/** `unknown`: the connection was cut, and the site may have it; `met`: others had changed it. */
export type Fate = "failed" | "unknown" | "unsent" | "met" | "saved";

export interface Outcome {
  fate: Fate;
  text: string;
}

/** What a number of them is called; what asks for something to be done is first. */
const FATES: Record<Fate, string> = {
  failed: t("not saved"),
  unknown: t("perhaps not saved"),
  unsent: t("not sent"),
  met: t("changed by others, too"),
  saved: t("saved"),
};
/** Statuses of refusals that are about one file: others may be saved all the same. */
const OF_ONE_FILE = [400, 409, 413, 422];
/** Statuses that say nothing of what the site has done: it did not answer, or a proxy did. */
const OF_NOBODY = [0, 502, 504];

/** Returns what a save came to; `isKnown`: there was a file of this name. */
export function ofSave(name: string, { remarks }: Saved, isKnown: boolean): Outcome {
  if (remarks.length > 0) return { fate: "met", text: remarks.join(" ") };
  return { fate: "saved", text: isKnown ? t("{name} is replaced; the one before is in the history.", { name }) : t("{name} is saved.", { name }) };
}

export function ofFault(name: string, { status, message }: Fault): Outcome {
  if (OF_NOBODY.includes(status)) return { fate: "unknown", text: t("Whether {name} is saved is not known: the site did not answer. Renew the list, and look.", { name }) };
  return ofFailure(name, message);
}

export function ofFailure(name: string, why: string): Outcome {
  return { fate: "failed", text: `${t("{name} is not saved.", { name })} ${why}` };
}

export function ofUnsent(name: string): Outcome {
  return { fate: "unsent", text: t("{name} was not sent.", { name }) };
}

/** Whether nothing more need be sent after a fault. */
export function endsAll({ status }: Fault): boolean {
  return !OF_ONE_FILE.includes(status);
}

/** Whether there is nothing to do about it. */
export function isGood({ fate }: Outcome): boolean {
  return fate === "saved";
}

/** Returns them with those first that ask for something. */
export function sorted(outcomes: readonly Outcome[]): Outcome[] {
  const order = Object.keys(FATES);
  return [...outcomes].sort((one, other) => order.indexOf(one.fate) - order.indexOf(other.fate));
}

/** Returns `3 files: 1 not saved, 2 saved.` */
export function summary(outcomes: readonly Outcome[]): string {
  const counted = Object.entries(FATES).map(([fate, called]) => ({ called, count: outcomes.filter((each) => each.fate === fate).length }));
  const told = counted.filter(({ count }) => count > 0).map(({ called, count }) => `${count} ${called}`);
  return `${t("{count} files:", { count: outcomes.length })} ${told.join(", ")}.`;
}
