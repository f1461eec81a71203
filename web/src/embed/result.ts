/** What has come of an evaluation, as plain data for the author of the page: for grading, and for what is shown elsewhere. */
import { fieldsOf, textOf, type Fields } from "../content";
import type { Evaluation } from "../evaluation";
import type { Shape } from "../outputs";
import { withoutCodes } from "../terminal";

/** `stream`: text that was printed. `display`: something shown, or the value of the last expression, by MIME types.
 *  `error`: what was raised. All of it is the reader's, and as hostile as what they may write. */
export type PlainOutput =
  | { kind: "stream"; name: "stdout" | "stderr"; text: string }
  | { kind: "display"; data: Fields }
  | { kind: "error"; name: string; value: string; traceback: string };

export interface Result {
  code: string;
  language: string;
  /** Why it ended: `done`, `error`, `interrupted`, `wall_time` and so on. */
  reason: string;
  /** The same in words of the page's language. */
  text: string;
  /** Of wall time. */
  seconds: number;
  outputs: PlainOutput[];
}

export function resultOf({ code, language, reason, text, wallSeconds, outputs }: Evaluation): Result {
  return { code, language, reason, text, seconds: wallSeconds, outputs: outputs.shapes.flatMap(plain) };
}

function plain(shape: Shape): PlainOutput[] {
  switch (shape.kind) {
    case "stream":
      return [{ kind: "stream", name: shape.name, text: withoutCodes(shape.terminal.lines.join("\n")) }];
    case "display":
      return [{ kind: "display", data: Object.fromEntries(Object.entries(shape.bundle.data).map(([type, value]) => [type, isJson(type) ? value : textOf(value)])) }];
    case "fault":
      return [{ kind: "error", name: shape.traceback.name, value: shape.traceback.value, traceback: withoutCodes(shape.traceback.text) }];
    case "prompt":
    case "remark":
      return [];
  }
}

function isJson(type: string): boolean {
  return /[/+]json$/.test(type);
}

/** Whether it shows controls, which work only as long as their session lives. */
export function showsControls({ outputs }: Evaluation): boolean {
  return outputs.shapes.some((shape) => shape.kind === "display" && fieldsOf(shape.bundle.data)["application/vnd.jupyter.widget-view+json"] !== undefined);
}

/** Returns what has come of an evaluation, when it has ended. */
export async function resultWhenEnded(evaluation: Evaluation): Promise<Result> {
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!evaluation.hasEnded) return;
      stop();
      resolve();
    };
    const stop = evaluation.watch(look);
    look();
  });
  return resultOf(evaluation);
}
