/** One stateless evaluation: what is asked of the server for it, and what its numbered events tell.
 *
 *  Its events are numbered from 1. Where they begin at 1 again it was begun anew, and what came before is void.
 *  Thinking only: no sending, no drawing.
 */
import { Evaluations } from "./evaluations";
import type { Evaluation } from "./evaluation";
import { keptInWords } from "./kept";
import type { Ended, Queued, Request, SessionEvent } from "./wire";

/** `fresh`: a kept result will not do. `join`: nothing is to be run, but what there is of it to be told. */
export type Manner = "run" | "fresh" | "join";

/** What can happen in a stateless evaluation. */
export type RunEvent = Exclude<SessionEvent, Queued | Ended>;

export class Run {
  /** Id of the request by which it was asked for last; 0: by none yet. */
  request = 0;
  isStopping = false;
  /** Answers of which it is not known that they have arrived, by the numbers of the questions. */
  readonly replies = new Map<number, string>();

  readonly #told: Evaluations;
  #last = 0;
  #attempt = "";

  /** `news` is called when it has ended, and for each question. */
  constructor(
    readonly evaluation: Evaluation,
    readonly manner: Manner,
    news: () => void,
  ) {
    this.#told = new Evaluations({ found: () => undefined, news });
    this.#told.add(evaluation);
  }

  /** Returns what to ask, now or once more. */
  get asking(): Request {
    const { manner, evaluation } = this;
    return {
      kind: "run",
      evaluation: evaluation.id,
      code: evaluation.code,
      language: evaluation.language,
      fresh: manner === "fresh",
      join: manner === "join",
      after_sequence: this.#last,
      attempt: this.#attempt,
    };
  }

  /** Takes an event, if it is one that has not come yet. */
  take(event: RunEvent): void {
    const before = event.sequence - (event.kind === "gap" ? event.events : 1);
    if (before <= 0) this.#restart();
    else if (event.sequence <= this.#last) return;
    this.#last = event.sequence;
    if (event.kind === "started") this.#attempt = event.attempt ?? "";
    if (event.kind === "input_taken") this.replies.delete(event.input_sequence);
    const isKept = event.kind === "done" && event.kept_since !== undefined;
    this.#told.happened(isKept ? { ...event, text: `${keptInWords(event.kept_since ?? 0)}.` } : event);
  }

  #restart(): void {
    this.#attempt = "";
    this.replies.clear();
    if (this.#last > 0) this.evaluation.outputs.restart();
  }
}
