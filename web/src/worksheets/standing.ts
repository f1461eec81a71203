/** Where the evaluation of a cell stands, in a few words. Thinking only. */
import { digest } from "lib0/hash/sha256";

import { t } from "../language";
import type { WorksheetEvaluation } from "./cell-outputs";

/** The latest evaluation of a cell as the page shows it. */
export interface CellRun {
  readonly evaluation: WorksheetEvaluation;
  /** Its outputs are wanted now, as its cell is near. */
  load(): void;
  /** One of its outputs is wanted, although it is large. */
  loadLarge(sequence: number): void;
  /** Whether the source has become another one than that which ran. */
  isOlderThan(text: string): boolean;
}

const encoder = new TextEncoder();

/** Returns the SHA-256 of a source as hexadecimal digits; the browser's own is there on encrypted pages alone. */
export function hashOf(text: string): string {
  return Array.from(digest(encoder.encode(text)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns where an evaluation stands, and whether that is not as it should be. */
export function standingOf({ evaluation }: CellRun): { words: string; isBad: boolean } {
  switch (evaluation.state) {
    case "sending":
      return { words: t("sending…"), isBad: false };
    case "waiting":
      return { words: evaluation.waitsFor || t("waiting"), isBad: false };
    case "running":
      return { words: t("running"), isBad: false };
    case "ended":
      if (evaluation.reason === "done") return { words: "", isBad: false };
      return { words: evaluation.text, isBad: true };
  }
}
