/** What an editor can ask of the session while code is written. */
import { Facet } from "@codemirror/state";

/** Positions count Unicode code points, as Python does. */
export interface Assistant {
  /** Whether an answer may be expected now: a session that computes does not answer. */
  isFree(): boolean;
  /** Returns the JSON of completions, or undefined if there is no answer in time. */
  complete(code: string, cursor: number): Promise<string | undefined>;
  /** Returns the JSON of the documentation of a name, or undefined if there is no answer in time. */
  inspect(code: string, cursor: number): Promise<string | undefined>;
}

/** The assistant of an editor. */
export const assistant = Facet.define<Assistant, Assistant | undefined>({ combine: (given) => given[0] });

/** Returns how many code points lie before a position that counts UTF-16 units. */
export function codePoints(code: string, position: number): number {
  return Array.from(code.slice(0, position)).length;
}
