/** Completions, asked of the session that the cell runs in. */
import type { Completion, CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";

import { assistant, codePoints } from "./assistant";
import { readMatches } from "./content";

export const names: CompletionSource = async (context: CompletionContext) => {
  const before = context.matchBefore(/[\p{L}\p{N}_.]+/u)?.text ?? "";
  if (!context.explicit && !/(\.|^[^.]{2,}|\.[^.]+)$/u.test(before)) return null;
  const asked = context.state.facet(assistant);
  if (asked?.isFree() !== true || isInText(context)) return null;
  const code = context.state.doc.toString();
  const body = await asked.complete(code, codePoints(code, context.pos));
  return body === undefined || context.aborted ? null : results(code, body);
};

function results(code: string, body: string): CompletionResult | null {
  const { matches, start, end, types } = readMatches(body);
  if (matches.length === 0) return null;
  const points = Array.from(code);
  const from = points.slice(0, start).join("").length;
  const to = points.slice(0, end).join("").length;
  const options = matches.map((label, index): Completion => {
    const type = types[index] ?? "";
    return type === "" || type === "<unknown>" ? { label } : { label, detail: type };
  });
  return { from, to: Math.max(from, to), options, validFor: /^[\p{L}\p{N}_.]*$/u };
}

/** Within a string or comment nothing is offered unasked. */
function isInText(context: CompletionContext): boolean {
  return !context.explicit && context.tokenBefore(["String", "Comment", "FormatString"]) !== null;
}
