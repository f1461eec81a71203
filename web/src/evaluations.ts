/** The evaluations of one session, as its numbered events tell of them. Thinking only: no sending, no drawing. */
import { readMimeBundle } from "./content";
import { Evaluation } from "./evaluation";
import type { Ended, Gap, Output, Queued, SessionEvent } from "./wire";

/** What is told to the notebook. */
export interface EvaluationsOwner {
  /** The session speaks of an evaluation that this page did not begin. */
  found(evaluation: Evaluation): void;
  /** An evaluation has ended, or asks something. */
  news(evaluation: Evaluation): void;
}

export class Evaluations {
  readonly #owner: EvaluationsOwner;
  readonly #all = new Map<string, Evaluation>();
  /** Those that are known from the store alone, until the session speaks of them. */
  readonly #remembered = new Set<string>();
  /** Events that the session no longer keeps, until the event after them comes. */
  #gap: Gap | undefined;

  constructor(owner: EvaluationsOwner) {
    this.#owner = owner;
  }

  /** Those that wait or run, in the order in which they run. */
  get pending(): Evaluation[] {
    return [...this.#all.values()].filter((evaluation) => !evaluation.hasEnded);
  }

  get(id: string): Evaluation | undefined {
    return this.#all.get(id);
  }

  add(evaluation: Evaluation): void {
    this.#all.set(evaluation.id, evaluation);
  }

  /** Adds one that was begun in an earlier life of the page. */
  remember(evaluation: Evaluation): void {
    this.add(evaluation);
    this.#remembered.add(evaluation.id);
  }

  happened(event: Exclude<SessionEvent, Ended>): void {
    if (event.kind === "gap") this.#gap = event;
    const evaluation = event.kind === "queued" ? this.#queued(event) : this.#all.get(event.evaluation ?? "");
    if (evaluation === undefined) return;
    this.#remembered.delete(evaluation.id);
    this.#placeGap(evaluation, event);
    if (event.kind === "started") evaluation.start(event.time);
    else if (event.kind === "output") this.#putOut(evaluation, event);
    else if (event.kind === "truncated") evaluation.outputs.truncate(event);
    else if (event.kind === "input_taken") evaluation.outputs.take(event);
    else if (event.kind === "done") {
      evaluation.end(event);
      this.#owner.news(evaluation);
    }
  }

  /** All that the session keeps has been told. Returns what it knows nothing of any more. */
  replayed(): { forgotten: Evaluation[]; gap: Gap | undefined } {
    const forgotten = [...this.#remembered].flatMap((id) => this.#all.get(id) ?? []);
    for (const { id } of forgotten) this.#all.delete(id);
    const gap = this.#gap;
    this.#remembered.clear();
    this.#gap = undefined;
    return { forgotten, gap };
  }

  refuse(id: string, why: string): void {
    this.#all.get(id)?.end({ reason: "refused", text: why, wall_seconds: 0 });
  }

  /** The session is no more; what it has put out stays to be seen, marked as past. */
  outlive(why: string): void {
    for (const evaluation of this.#all.values()) evaluation.outlive(why);
  }

  #queued(event: Queued): Evaluation {
    const id = event.evaluation ?? "";
    const known = this.#all.get(id);
    const evaluation = known ?? new Evaluation(id, event.cell, event.code, undefined, event.language);
    // It stands last in the queue now, whatever was known of it before.
    this.#all.delete(id);
    this.add(evaluation);
    if (known === undefined || this.#remembered.has(id)) this.#owner.found(evaluation);
    evaluation.queue();
    return evaluation;
  }

  /** What is missing is shown where the next event belongs. */
  #placeGap(evaluation: Evaluation, event: SessionEvent): void {
    if (this.#gap === undefined || event.kind === "queued") return;
    if (!evaluation.hasEnded && event.kind !== "started") evaluation.start(event.time);
    evaluation.outputs.miss(this.#gap);
    this.#gap = undefined;
  }

  #putOut(evaluation: Evaluation, event: Output): void {
    if (event.output_kind === "update_display_data") {
      evaluation.outputs.count(event.body);
      const bundle = readMimeBundle(event.body);
      for (const any of this.#all.values()) any.outputs.update(bundle);
      return;
    }
    evaluation.outputs.add(event);
    if (event.output_kind === "input_request") this.#owner.news(evaluation);
  }
}
