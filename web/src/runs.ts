/** The stateless evaluations of a page: one after another, since the server has one for each connection.
 *
 *  Loaded when cells are evaluated by themselves. The one that is under way is asked for again on each new
 *  connection, by its name and with the last number that it has. What was begun before this page was loaded, or in
 *  another tab, is joined, which runs nothing. Of those that wait here, the server does not know.
 */
import { newName } from "./cell";
import type { Connection, Listener } from "./connection";
import type { Evaluation } from "./evaluation";
import { t } from "./language";
import type { Seen } from "./returning";
import { Run, type Manner, type RunEvent } from "./run";
import { inWords } from "./session";
import { Watched } from "./watch";
import { placeInWords } from "./words";
import type { Done, Event, Failure } from "./wire";

const ASKING = t("asking for its outputs…");
const ELSEWHERE = t("waiting in another tab");
const LEFT = t("Not run: stopped, or left, before its turn.");
const KILLED = t("Ended: it did not stop.");
const GONE = t("Its outputs cannot be had any more. Evaluate it to have them again.");
/** Failures that pass, for one that the server had begun. */
const PASSING = ["unavailable", "draining", "full"];
const AGAIN_AFTER = 1000;
/** Seconds for which it waits by itself, where too much was asked for. */
const LONGEST_HOLD = 60;

export class Runs extends Watched implements Listener {
  readonly #connection: Connection;
  readonly #news: (evaluation: Evaluation) => void;
  /** The one that is asked for. */
  #current: Run | undefined;
  /** Those that follow it, in order. */
  #queue: Run[] = [];
  /** Nothing is asked for before that, by the reader's clock. */
  #heldUntil = 0;
  /** Those that wait for their turn in another tab, each with the one here whose place it takes. */
  readonly #elsewhere = new Map<Evaluation, Evaluation | undefined>();

  /** `news` is called for each evaluation that has ended, and for each question. */
  constructor(connection: Connection, news: (evaluation: Evaluation) => void) {
    super();
    this.#connection = connection;
    this.#news = news;
    connection.listen(this);
  }

  /** Those that wait or run, in order. */
  get pending(): Evaluation[] {
    const own = this.#current === undefined ? this.#queue : [this.#current, ...this.#queue];
    return [...own.map(({ evaluation }) => evaluation), ...this.#elsewhere.keys()];
  }

  /** Evaluates, in the place of the one that it replaces, else after all others. */
  add(evaluation: Evaluation, manner: Manner, replaced?: Evaluation): void {
    const isOver = manner === "join" && evaluation.run === "ended";
    const run = new Run(evaluation, manner, () => { if (!isOver) this.#news(evaluation); });
    evaluation.queue(manner === "join" ? ASKING : "");
    const place = this.#queue.findIndex((other) => other.evaluation === replaced);
    const isCurrent = replaced !== undefined && replaced === this.#current?.evaluation;
    if (isCurrent) this.#ask(run);
    else if (place < 0) this.#queue.push(run);
    else this.#queue[place] = run;
    if (replaced !== undefined) {
      this.#elsewhere.delete(replaced);
      end(replaced, "replaced");
    }
    this.#goOn();
    this.changed();
  }

  /** Follows what the store tells of; `isFirst`: this page has just been loaded. */
  follow({ evaluation, standing, replaced }: Seen, isFirst: boolean): void {
    const isElsewhere = this.#elsewhere.has(evaluation);
    if (evaluation.hasEnded) return;
    if (standing === "not_run") {
      this.drop(evaluation);
    } else if (standing === "killed") {
      if (this.#current?.evaluation === evaluation) this.#kill();
      else end(evaluation, "replaced", KILLED);
    } else if (isElsewhere || !this.pending.includes(evaluation)) {
      evaluation.run = standing;
      if (standing === "waiting" && !isFirst) this.#await(evaluation, replaced);
      else {
        const before = this.#elsewhere.get(evaluation) ?? replaced;
        this.#elsewhere.delete(evaluation);
        this.add(evaluation, "join", before);
      }
    }
  }

  /** Lets one go that is wanted no more. */
  drop(evaluation: Evaluation | undefined): void {
    if (evaluation === undefined) return;
    if (this.#current?.evaluation === evaluation) {
      this.#interrupt(this.#current);
      return;
    }
    this.#queue = this.#queue.filter((run) => run.evaluation !== evaluation);
    this.#elsewhere.delete(evaluation);
    end(evaluation, "not_run", LEFT);
    this.changed();
  }

  /** Stops the one that runs, and drops those that wait; or `only` this one. Once more, where it does not stop, kills it. */
  stop(only?: Evaluation): void {
    for (const evaluation of only === undefined ? this.pending : [only]) {
      if (evaluation !== this.#current?.evaluation) this.drop(evaluation);
    }
    const run = this.#current;
    if (run === undefined || (only !== undefined && only !== run.evaluation)) return;
    if (run.isStopping) this.#kill();
    else this.#interrupt(run);
  }

  /** The page goes: those that wait here will not be run. */
  leave(): void {
    for (const { evaluation } of this.#queue) if (evaluation.run === "waiting") this.drop(evaluation);
    if (this.#current?.evaluation.run === "waiting") this.#current.evaluation.run = "begun";
  }

  reply(evaluation: Evaluation, sequence: number, text: string): void {
    if (this.#current?.evaluation !== evaluation) return;
    this.#current.replies.set(sequence, text);
    this.#connection.send({ kind: "input_reply", sequence, text });
  }

  // ---------------------------------------------------------- the connection's

  /** A backend that ends lets what runs come to its end; the next one would begin it anew. */
  get isBound(): boolean {
    return this.#current !== undefined;
  }

  opened(): void {
    if (this.#current === undefined) this.#goOn();
    else this.#ask(this.#current);
  }

  lost(): void {
    // What is under way is asked for again on the next connection.
  }

  received(event: Event): void {
    const run = this.#current;
    if (run === undefined || event.session !== "") return;
    const { evaluation } = run;
    if (event.kind === "failure") {
      if (event.request === run.request) this.#failed(run, event);
    } else if (event.evaluation === evaluation.id) {
      const standing = evaluation.run;
      if (event.kind === "waiting") this.#standInLine(evaluation, event.place);
      else run.take(isKilled(event) ? { ...event, text: KILLED } : (event as RunEvent));
      evaluation.run = !evaluation.hasEnded ? "begun" : isKilled(event) ? "killed" : "ended";
      if (standing !== evaluation.run || event.kind !== "output") this.#settle(run);
    }
  }

  #ask(run: Run): void {
    this.#current = run;
    if (run.manner !== "join" && run.evaluation.run === "waiting") run.evaluation.send();
    run.request = this.#connection.send(run.asking);
    for (const [sequence, text] of run.replies) this.#connection.send({ kind: "input_reply", sequence, text });
    if (run.isStopping) this.#interrupt(run);
  }

  #interrupt(run: Run): void {
    run.isStopping = true;
    if (run.request === 0 && run.evaluation.run === "waiting") {
      // It was never asked for.
      end(run.evaluation, "not_run", LEFT);
      this.#settle(run);
    } else {
      this.#connection.send({ kind: "interrupt", evaluation: run.evaluation.id });
    }
  }

  /** Whatever is asked for next takes the place of what runs, whose session is killed: also what nobody knows. */
  #kill(): void {
    this.#connection.send({ kind: "run", evaluation: newName(18), code: "", fresh: false, join: true, after_sequence: 0, attempt: "" });
  }

  #failed(run: Run, failure: Failure): void {
    const { evaluation } = run;
    const { retry_after: wait = 0 } = failure;
    if (failure.code === "unknown_evaluation" && evaluation.run === "waiting") {
      this.#current = undefined;
      this.#await(evaluation, undefined);
    } else if (failure.code === "unknown_evaluation") {
      end(evaluation, "gone", GONE);
    } else if (PASSING.includes(failure.code) && evaluation.run === "begun" && !run.isStopping) {
      setTimeout(() => { if (this.#current === run) this.#ask(run); }, AGAIN_AFTER);
    } else if (failure.code === "too_many" && wait > 0 && wait <= LONGEST_HOLD && !run.isStopping) {
      this.#current = undefined;
      this.#queue.unshift(run);
      this.#heldUntil = Date.now() + 1000 * wait;
      this.#hold();
      this.#news(evaluation);
    } else {
      end(evaluation, "refused", inWords(failure));
    }
    this.#settle(run);
  }

  #standInLine(evaluation: Evaluation, place: number): void {
    evaluation.queue(placeInWords(place));
    this.#news(evaluation);
  }

  /** Says how long there is to wait, until it is over. */
  #hold(): void {
    const left = Math.max(0, Math.ceil((this.#heldUntil - Date.now()) / 1000));
    for (const { evaluation } of this.#queue) evaluation.queue(left > 0 ? t("too much was asked for: goes on in {left} s", { left }) : "");
    if (left > 0) setTimeout(() => { this.#hold(); }, 1000);
    this.#goOn();
    this.changed();
  }

  /** Another tab will begin it. */
  #await(evaluation: Evaluation, replaced: Evaluation | undefined): void {
    this.#elsewhere.set(evaluation, replaced);
    evaluation.queue(ELSEWHERE);
    this.changed();
  }

  #settle(run: Run): void {
    if (run.evaluation.hasEnded && this.#current === run) this.#current = undefined;
    this.#goOn();
    this.changed();
  }

  /** Asks for the next one, when all are there: what has ended is told at once, what runs keeps others waiting. */
  #goOn(): void {
    queueMicrotask(() => {
      if (this.#current !== undefined || this.#connection.isMoving || Date.now() < this.#heldUntil) return;
      const next = this.#queue.find(({ evaluation }) => evaluation.run === "ended") ?? this.#queue[0];
      this.#queue = this.#queue.filter((run) => run !== next);
      if (next !== undefined) this.#ask(next);
    });
  }
}

/** Nothing but `#kill` takes the place of one that is still followed here. */
function isKilled(event: Event): event is Done {
  return event.kind === "done" && event.reason === "replaced";
}

function end(evaluation: Evaluation, reason: string, text = ""): void {
  if (evaluation.hasEnded) return;
  if (evaluation.run === "waiting") evaluation.run = "not_run";
  evaluation.end({ reason, text, wall_seconds: 0 });
}
