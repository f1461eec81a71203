/** An evaluation of a worksheet as the page has it: how it stands, and as much of its outputs as was asked for.
 *
 *  Outputs come in two ways: pushed while it runs, and in pages when they are asked for. Each has its number, and
 *  is shown once and in order whichever way it came.
 */
import { readMimeBundle } from "../content";
import { Evaluation } from "../evaluation";
import { coded, t } from "../language";
import { bytesInWords } from "../words";
import type { Gap, InputTaken, Output, OutputKind, Truncated } from "../wire";
import type { CellOutput, CellStanding, CountedEvaluation } from "./wire";

/** `away`: the server has outputs that this page has not asked for. */
export type Loading = "away" | "loading" | "here";

const MARKS = ["truncated", "input_taken", "gap"];

export class WorksheetEvaluation extends Evaluation {
  /** The how manyth of its worksheet it is. */
  ordinal = 0;
  /** SHA-256 of the source that ran, as hexadecimal digits; empty while the server has not said so. */
  sourceHash = "";
  /** When it ended, by the server's clock in seconds; 0: not yet. */
  endedAt = 0;
  loading: Loading = "here";
  /** Outputs, and bytes of them, that the server had when the worksheet was opened. */
  count = 0;
  bytesThere = 0;
  /** Outputs that are too large to come unasked: their numbers, and bytes. */
  readonly large = new Map<number, number>();
  /** Those of them that a reader has asked for. */
  readonly wanted = new Set<number>();
  /** Number of the last output that is shown. */
  last = 0;
  #pushed: CellOutput[] = [];

  /** Takes how it stands, and returns whether it has just ended; a word that comes late changes nothing. */
  stand(event: CellStanding): boolean {
    this.ordinal = event.ordinal;
    this.sourceHash = event.source_hash;
    this.endedAt = event.ended;
    if (this.hasEnded) return false;
    if (event.state === "queued") this.queue();
    else if (event.state === "running" && this.state !== "running") this.start(event.begun);
    else if (event.state === "ended") {
      this.started = event.begun;
      const seconds = event.begun > 0 ? Math.max(0, event.ended - event.begun) : 0;
      this.end({ reason: event.reason, text: coded("done", event.reason, event.text), wall_seconds: seconds });
      return true;
    }
    return false;
  }

  /** The worksheet was opened, again perhaps: what was pushed meanwhile is to be asked for. */
  opened(counted: CountedEvaluation): void {
    this.stand(counted);
    this.count = counted.outputs_count;
    this.bytesThere = counted.bytes;
    this.#pushed = [];
    this.loading = this.count > 0 ? "away" : "here";
  }

  /** Takes outputs that were pushed; those before that was asked for come first. */
  pushed(outputs: readonly CellOutput[]): CellOutput[] {
    if (this.loading === "here") return this.#put(outputs);
    if (this.loading === "loading") this.#pushed.push(...outputs);
    return [];
  }

  /** Takes a page of outputs; returns those that are for displays elsewhere, and where to go on, or undefined. */
  page(outputs: readonly CellOutput[], more: boolean): { updates: CellOutput[]; next: number | undefined } {
    const stop = outputs.findIndex(({ large, sequence }) => large === true && this.wanted.has(sequence));
    if (stop >= 0) {
      const updates = this.#put(outputs.slice(0, stop));
      return { updates, next: (outputs[stop]?.sequence ?? 1) - 1 };
    }
    const updates = this.#put(outputs);
    if (more) return { updates, next: this.last };
    this.loading = "here";
    updates.push(...this.#put(this.#pushed));
    this.#pushed = [];
    this.changed();
    return { updates, next: undefined };
  }

  /** Shows nothing, so that all can be loaded from the start. */
  restart(): void {
    this.last = 0;
    this.large.clear();
    this.#pushed = [];
    this.loading = "away";
    this.outputs.restart();
  }

  /** Shows outputs that are new here; returns those that change displays, wherever these are. */
  #put(outputs: readonly CellOutput[]): CellOutput[] {
    const updates: CellOutput[] = [];
    for (const output of outputs) {
      if (output.sequence <= this.last) continue;
      this.last = output.sequence;
      this.large.delete(output.sequence);
      if (output.body === undefined) {
        const bytes = output.bytes ?? 0;
        this.large.set(output.sequence, bytes);
        this.outputs.remark(output.sequence, t("An output of {size} is not shown: it is loaded when you ask for it.", { size: bytesInWords(bytes) }));
      } else if (output.kind === "update_display_data") {
        this.outputs.count(output.body);
        updates.push(output);
      } else if (MARKS.includes(output.kind)) this.#mark(output.kind, output.sequence, output.body);
      else this.outputs.add(asEvent(output));
    }
    // A question that nobody waits for any more.
    if (this.hasEnded) this.outputs.closePrompts();
    return updates;
  }

  #mark(kind: string, sequence: number, body: string): void {
    const event = { session: "", sequence, time: 0, kind, ...(JSON.parse(body) as object) };
    if (kind === "truncated") this.outputs.truncate(event as Truncated);
    else if (kind === "gap") this.outputs.miss(event as Gap);
    else this.outputs.take(event as InputTaken);
  }
}

/** Shows what changes a display wherever it is. */
export function update(evaluations: Iterable<WorksheetEvaluation>, updates: readonly CellOutput[]): void {
  for (const { body } of updates) {
    const bundle = readMimeBundle(body ?? "");
    for (const evaluation of evaluations) evaluation.outputs.update(bundle);
  }
}

function asEvent(output: CellOutput): Output {
  const { sequence, kind, body = "", late } = output;
  const event: Output = { kind: "output", session: "", sequence, time: 0, output_kind: kind as OutputKind, body };
  return late === true ? { ...event, late } : event;
}
