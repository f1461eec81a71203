/** What runs in a worksheet, and what its cells show. It goes on with nobody watching: the server keeps all of it.
 *
 *  The page asks for evaluations by names that it chooses, and asks again on each opening for what the server has
 *  not confirmed: a name runs once. What a cell shows is its evaluation with the highest ordinal. Outputs of cells
 *  that were evaluated before the page came are loaded when the page says so (`load`), since there may be many.
 */
import type { Connection, Listener } from "../connection";
import { newName } from "../cell";
import { inWords } from "../session";
import { Watched } from "../watch";
import type { Event, Failure, Request } from "../wire";
import type { CellEvaluation, CellOutputs, CellStanding, WorksheetRuns, WorksheetSession } from "./wire";
import { WorksheetEvaluation, update } from "./cell-outputs";

/** Evaluations that are asked for at the same time; the others wait for the answers. */
const AT_ONCE = 8;
/** Pages of outputs that are asked for at the same time: the server takes four of a connection, and refuses more. */
const LOADS_AT_ONCE = 4;
/** Milliseconds after which outputs are asked for again that were refused, if the server names no later time. */
const REFUSED_PAUSE = 2_000;
/** Milliseconds in which completions and documentation are of use. */
const ANSWER_WITHIN = 5_000;

/** The part of a connection that is used here. */
export type Line = Pick<Connection, "state" | "listen" | "send">;

export interface SessionStanding {
  /** `none`, `starting`, `ready`, `busy`, `away` or `ended`. */
  state: string;
  reason: string;
  /** Why it ended, in words. */
  text: string;
  environment: string;
}

export class Runs extends Watched implements Listener {
  session: SessionStanding = { state: "none", reason: "", text: "", environment: "" };
  /** The server has told what runs, on this connection. */
  isOpen = false;
  /** Why the last request was refused, in words; empty if it was not. */
  trouble = "";
  /** Is told of each evaluation that has ended, or asks something. */
  onNews: ((evaluation: WorksheetEvaluation) => void) | undefined;

  readonly #line: Line;
  readonly #worksheet: () => string;
  readonly #stopListening: () => void;
  /** Those that cells show, by cell. */
  readonly #latest = new Map<string, WorksheetEvaluation>();
  readonly #byName = new Map<string, WorksheetEvaluation>();
  /** Those of which the server has said nothing, in the order in which they were asked for. */
  readonly #unacknowledged = new Map<string, WorksheetEvaluation>();
  readonly #requestOf = new Map<number, WorksheetEvaluation>();
  readonly #loads = new Map<number, WorksheetEvaluation>();
  /** Those that wait to be loaded, and after which output. */
  readonly #toLoad = new Map<WorksheetEvaluation, number>();
  readonly #answers = new Map<number, (body: string | undefined) => void>();
  readonly #others = new Set<number>();

  /** `worksheet` gives its id, once it is open; empty before. */
  constructor(connection: Line, worksheet: () => string) {
    super();
    this.#line = connection;
    this.#worksheet = worksheet;
    this.#stopListening = connection.listen(this);
  }

  /** Those that wait or run, in the order in which they run. */
  get pending(): WorksheetEvaluation[] {
    return [...this.#byName.values()].filter(({ hasEnded }) => !hasEnded).sort(inOrder);
  }

  /** What a cell shows. */
  evaluation(cell: string): WorksheetEvaluation | undefined {
    return this.#latest.get(cell);
  }

  /** Has a cell evaluated, after what waits already. */
  evaluate(cell: string, code: string): WorksheetEvaluation {
    const evaluation = new WorksheetEvaluation(newName(), cell, code);
    this.#add(evaluation);
    this.#unacknowledged.set(evaluation.id, evaluation);
    this.#send();
    this.changed();
    return evaluation;
  }

  /** Stops what runs, and drops what waits; or what a control has begun alone. */
  interrupt(scope: "" | "callback" = ""): void {
    this.#ask({ kind: "interrupt_worksheet", worksheet: this.#worksheet(), scope });
  }

  /** Ends the session; the next evaluation opens another. */
  restart(): void {
    this.#ask({ kind: "restart_worksheet", worksheet: this.#worksheet() });
  }

  /** Has cells show no outputs any more, to everybody; all of them where none is named. Those that run go on. */
  clear(cells: readonly string[]): void {
    this.#ask({ kind: "clear_outputs", worksheet: this.#worksheet(), cells: [...cells] });
  }

  /** Answers a question of an evaluation. */
  answer(evaluation: WorksheetEvaluation, sequence: number, text: string): void {
    this.#ask({ kind: "answer_input", worksheet: this.#worksheet(), evaluation: evaluation.id, sequence, text });
    evaluation.outputs.answered(sequence, text);
  }

  /** Loads the outputs of what a cell shows, unless they are here or on their way. */
  load(cell: string): void {
    const evaluation = this.#latest.get(cell);
    if (evaluation?.loading === "away") this.#load(evaluation, evaluation.last);
  }

  /** Loads an output that is too large to come unasked. */
  loadLarge(evaluation: WorksheetEvaluation, sequence: number): void {
    evaluation.wanted.add(sequence);
    evaluation.restart();
    this.#load(evaluation, 0);
  }

  /** Returns the JSON of completions at a cursor counted in code points; undefined if there is no answer in time. */
  complete(code: string, cursor: number): Promise<string | undefined> {
    return this.#question({ kind: "complete_in_worksheet", worksheet: this.#worksheet(), code, cursor });
  }

  /** Returns the JSON of the documentation of the name at a cursor counted in code points. */
  inspect(code: string, cursor: number): Promise<string | undefined> {
    return this.#question({ kind: "inspect_in_worksheet", worksheet: this.#worksheet(), code, cursor, detail: 0 });
  }

  /** Hears no more of it. */
  close(): void {
    this.#stopListening();
    this.lost();
  }

  opened(): void {
    // What runs is told when the worksheet is open on this connection.
    this.lost();
  }

  lost(): void {
    this.isOpen = false;
    for (const evaluation of [...this.#loads.values(), ...this.#toLoad.keys()]) if (evaluation.loading === "loading") evaluation.loading = "away";
    for (const answer of this.#answers.values()) answer(undefined);
    for (const open of [this.#loads, this.#toLoad, this.#answers, this.#requestOf, this.#others]) open.clear();
    this.changed();
  }

  received(event: Event): void {
    if (event.kind === "failure") this.#failed(event);
    else if (event.kind === "completed" || event.kind === "inspected") this.#answered(event.request ?? 0, event.body);
    else if (!("worksheet" in event) || event.worksheet !== this.#worksheet()) return;
    else if (event.kind === "worksheet_runs") this.#begin(event);
    else if (event.kind === "cell_evaluation") this.#stands(event);
    else if (event.kind === "cell_outputs") this.#put(event);
    else if (event.kind === "worksheet_session") this.#become(event);
    else if (event.kind === "worksheet_ended") this.lost();
  }

  #begin(runs: WorksheetRuns): void {
    const { session_state: state, reason, text, environment } = runs;
    this.session = { state, reason, text, environment };
    this.isOpen = true;
    const told = new Set(runs.evaluations.map(({ evaluation }) => evaluation));
    for (const [name, { ordinal }] of this.#byName) {
      // It has ended meanwhile, and its cell shows another one.
      if (ordinal > 0 && !told.has(name)) this.#byName.delete(name);
    }
    for (const counted of runs.evaluations) {
      const evaluation = this.#named(counted);
      const wasShown = evaluation.loading === "here" && evaluation.last > 0;
      evaluation.opened(counted);
      this.#show(evaluation);
      if (wasShown || !evaluation.hasEnded) this.load(evaluation.cell);
    }
    this.#requestOf.clear();
    this.#send();
    this.#forgetOld();
    this.changed();
  }

  #stands(event: CellEvaluation): void {
    const evaluation = this.#named(event);
    const hasJustEnded = evaluation.stand(event);
    this.#show(evaluation);
    if (hasJustEnded) this.onNews?.(evaluation);
    if (this.#requestOf.delete(event.request ?? 0)) this.#send();
    this.#forgetOld();
    this.changed();
  }

  #put(event: CellOutputs): void {
    const evaluation = this.#byName.get(event.evaluation ?? "");
    const asked = this.#loads.get(event.request ?? 0);
    this.#loads.delete(event.request ?? 0);
    if (evaluation === undefined || (event.request !== undefined && event.request !== 0 && asked !== evaluation)) {
      // Its cell shows another one by now.
      this.#loadNext();
      return;
    }
    if (event.request === undefined || event.request === 0) update(this.#byName.values(), evaluation.pushed(event.outputs));
    else {
      const { updates, next } = evaluation.page(event.outputs, event.more);
      update(this.#byName.values(), updates);
      if (next !== undefined) this.#load(evaluation, next);
      else this.changed();
      this.#loadNext();
    }
    if (!evaluation.hasEnded && event.outputs.some(({ kind }) => kind === "input_request")) this.onNews?.(evaluation);
  }

  #load(evaluation: WorksheetEvaluation, after: number): void {
    if (this.#loads.size >= LOADS_AT_ONCE) {
      evaluation.loading = "loading";
      this.#toLoad.set(evaluation, after);
      return;
    }
    const request = { kind: "get_outputs" as const, worksheet: this.#worksheet(), evaluation: evaluation.id, after };
    const id = this.#line.send({ ...request, whole: evaluation.wanted.size > 0 });
    if (id === 0) return;
    evaluation.loading = "loading";
    this.#loads.set(id, evaluation);
  }

  /** After a pause it may be asked for again, by whoever looks at it. */
  #loadable(evaluation: WorksheetEvaluation): void {
    const isAsked = [...this.#loads.values(), ...this.#toLoad.keys()].includes(evaluation);
    if (isAsked || evaluation.loading !== "loading") return;
    evaluation.loading = "away";
    this.changed();
  }

  /** Asks for what waited until another one had come. */
  #loadNext(): void {
    for (const [evaluation, after] of this.#toLoad) {
      if (this.#loads.size >= LOADS_AT_ONCE) return;
      this.#toLoad.delete(evaluation);
      // Nobody looks at one that was forgotten.
      if (this.#byName.get(evaluation.id) === evaluation) this.#load(evaluation, after);
    }
  }

  #become({ state, reason, text, environment }: WorksheetSession): void {
    this.session = { state, reason, text, environment };
    this.changed();
  }

  #named(event: CellStanding): WorksheetEvaluation {
    const known = this.#byName.get(event.evaluation);
    this.#unacknowledged.delete(event.evaluation);
    const evaluation = known ?? new WorksheetEvaluation(event.evaluation, event.cell, "");
    if (known === undefined) this.#byName.set(event.evaluation, evaluation);
    return evaluation;
  }

  #add(evaluation: WorksheetEvaluation): void {
    this.#byName.set(evaluation.id, evaluation);
    this.#latest.set(evaluation.cell, evaluation);
  }

  /** Has its cell show an evaluation, unless it shows a later one, or one that this page has just asked for. */
  #show(evaluation: WorksheetEvaluation): void {
    const shown = this.#latest.get(evaluation.cell);
    if (shown !== undefined && inOrder(shown, evaluation) > 0) return;
    this.#latest.set(evaluation.cell, evaluation);
  }

  #forgetOld(): void {
    for (const [name, evaluation] of this.#byName) {
      if (evaluation.hasEnded && this.#latest.get(evaluation.cell) !== evaluation) this.#byName.delete(name);
    }
  }

  /** Asks for what the server has not confirmed, in order. */
  #send(): void {
    const asked = new Set(this.#requestOf.values());
    for (const evaluation of this.#unacknowledged.values()) {
      if (!this.isOpen || asked.size >= AT_ONCE) return;
      if (asked.has(evaluation)) continue;
      const { id, cell, code } = evaluation;
      const request = this.#line.send({ kind: "evaluate_cell", worksheet: this.#worksheet(), evaluation: id, cell, code });
      if (request === 0) return;
      this.#requestOf.set(request, evaluation);
      asked.add(evaluation);
    }
  }

  #ask(request: Request): void {
    this.trouble = "";
    const id = this.#line.send(request);
    if (id !== 0) this.#others.add(id);
  }

  #question(request: Request): Promise<string | undefined> {
    const id = this.isOpen ? this.#line.send(request) : 0;
    if (id === 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const tooLong = setTimeout(() => { this.#answered(id, undefined); }, ANSWER_WITHIN);
      this.#answers.set(id, (body) => {
        clearTimeout(tooLong);
        resolve(body);
      });
    });
  }

  #answered(request: number, body: string | undefined): void {
    this.#answers.get(request)?.(body);
    this.#answers.delete(request);
  }

  #failed(failure: Failure): void {
    const request = failure.request ?? 0;
    const evaluation = this.#requestOf.get(request);
    if (evaluation !== undefined) {
      this.#requestOf.delete(request);
      this.#unacknowledged.delete(evaluation.id);
      evaluation.end({ reason: "refused", text: inWords(failure), wall_seconds: 0 });
      this.onNews?.(evaluation);
      this.#send();
    } else if (this.#others.delete(request)) {
      this.trouble = inWords(failure);
    } else if (this.#loads.has(request)) {
      const loaded = this.#loads.get(request);
      this.#loads.delete(request);
      if (loaded !== undefined) setTimeout(() => { this.#loadable(loaded); }, Math.max(REFUSED_PAUSE, (failure.retry_after ?? 0) * 1000));
      this.#loadNext();
    } else {
      this.#answered(request, undefined);
      return;
    }
    this.changed();
  }
}

/** By ordinal; those of which the server has said nothing come last, in the order in which they were asked for. */
function inOrder(one: WorksheetEvaluation, other: WorksheetEvaluation): number {
  return (one.ordinal === 0 ? Infinity : one.ordinal) - (other.ordinal === 0 ? Infinity : other.ordinal) || 0;
}
