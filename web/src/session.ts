/** One session as the page sees it: opened or joined, kept through losses of the connection, told what to do.
 *
 *  Everything that the session says is numbered; it is passed on once and in order. After a loss the page
 *  attaches again with the last number that it has, then repeats each request of which it does not know that it
 *  arrived. The ids of evaluations are chosen here, so that a repeated one runs nothing twice.
 */
import type { Connection, Listener } from "./connection";
import { coded, t } from "./language";
import { Watched } from "./watch";
import { timeInWords } from "./words";
import type { Attached, Away, Event, Failure, Limits, Opened, Output, Request, SessionEvent, Waiting } from "./wire";

/** `away`: the server cannot reach it, and looks for it. */
export type SessionState = "new" | "opening" | "attaching" | "live" | "away" | "ended";

/** What lets a page join a session again, in another tab or after a reload. */
export interface Ticket {
  session: string;
  token: string;
}

export interface Evaluate {
  evaluation: string;
  cell: string;
  code: string;
  language: string;
}

/** What a session tells the notebook that it works for. */
export interface SessionOwner {
  opened(ticket: Ticket): void;
  /** All that the session has kept has been told again. */
  replayed(): void;
  happened(event: SessionEvent): void;
  /** One evaluation was not taken, for a reason in words. */
  refused(evaluation: string, why: string): void;
  /** The session cannot be had: it could not be opened, or has ended while nobody was attached. */
  unavailable(why: string, wasAlive: boolean): void;
}

const ANSWER_WITHIN = 5_000;

export class Session extends Watched implements Listener {
  state: SessionState = "new";
  /** Its place in the line of those who wait for a session, if there is none free. */
  line: Waiting | undefined;
  limits: Limits | undefined;
  /** When the session started, by the server's clock. */
  started = 0;
  /** When it was last used, by the server's clock. */
  lastUsed = 0;

  /** Messages of comms that nobody hears yet: widgets are loaded when the first is shown. */
  readonly comms: Output[] = [];
  /** Takes messages of comms. */
  hear = (event: Output): void => { if (this.comms.push(event) > 9999) this.comms.shift(); };

  readonly #connection: Connection;
  readonly #owner: SessionOwner;
  readonly #environment: string;
  readonly #stopListening: () => void;
  #ticket: Ticket | undefined;
  #last = 0;
  /** Id of the open or attach request that is under way. */
  #joining = 0;
  readonly #unacknowledged = new Map<string, Evaluate>();
  readonly #requestOf = new Map<number, string>();
  readonly #replies = new Map<number, string>();
  readonly #answers = new Map<number, (body: string | undefined) => void>();
  /** The evaluation that an interrupt is meant for, until it has ended. */
  #interrupting = "";

  /** `environment`: what it opens in; empty: the site's first. */
  constructor(connection: Connection, owner: SessionOwner, ticket?: Ticket, environment = "") {
    super();
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    this.#ticket = ticket;
    this.#stopListening = connection.listen(this);
    if (ticket !== undefined) this.join();
  }

  /** What the store keeps of it, once it is open. */
  get ticket(): Ticket | undefined {
    return this.#ticket;
  }

  get id(): string {
    return this.#ticket?.session ?? "";
  }

  /** Opens or attaches, unless that is done or under way. */
  join(): void {
    if (this.state === "live" || this.state === "away" || this.state === "ended" || this.#joining !== 0) return;
    if (this.#ticket === undefined) {
      this.#joining = this.#connection.send({ kind: "open", environment: this.#environment, limits: {} });
      this.#become("opening");
    } else {
      this.#joining = this.#connection.send({ kind: "attach", ...this.#ticket, after_sequence: this.#last });
      this.#become("attaching");
    }
  }

  evaluate(evaluate: Evaluate): void {
    this.#unacknowledged.set(evaluate.evaluation, evaluate);
    this.join();
    this.#sendEvaluate(evaluate);
  }

  /** Interrupts the running evaluation, of which the id is given, and drops those that wait. */
  interrupt(evaluation: string): void {
    this.#interrupting = evaluation;
    if (this.state === "live") this.#connection.send({ kind: "interrupt", session: this.id });
    if (this.state === "opening") this.#connection.send({ kind: "withdraw", request: this.#joining });
  }

  /** Answers the input request with this sequence number. */
  reply(sequence: number, text: string): void {
    this.#replies.set(sequence, text);
    this.#connection.send({ kind: "input_reply", session: this.id, sequence, text });
  }

  /** Returns the JSON of completions at a cursor counted in code points; undefined if there is no answer in time. */
  complete(code: string, cursor: number): Promise<string | undefined> {
    return this.ask((session) => ({ kind: "complete", session, code, cursor }));
  }

  /** Returns the JSON of the documentation of the name at a cursor counted in code points. */
  inspect(code: string, cursor: number): Promise<string | undefined> {
    return this.ask((session) => ({ kind: "inspect", session, code, cursor, detail: 0 }));
  }

  /** Ends the session: every process of it. */
  close(): void {
    if (this.state === "live") this.#connection.send({ kind: "close", session: this.id });
    else this.leave();
  }

  /** Leaves the session to itself, or to other tabs. */
  leave(): void {
    if (this.state === "live") this.#connection.send({ kind: "detach", session: this.id });
    this.#end();
  }

  opened(): void {
    this.#joining = 0;
    // The connection may have moved, with nothing lost.
    if (this.state === "live" || this.state === "away") this.#become("attaching");
    if (this.state !== "new") this.join();
  }

  lost(): void {
    this.#joining = 0;
    this.#requestOf.clear();
    for (const answer of this.#answers.values()) answer(undefined);
    this.#answers.clear();
    if (this.state === "live" || this.state === "away") this.#become("attaching");
  }

  received(event: Event): void {
    if (event.kind === "failure") this.#failed(event);
    else if (event.request !== undefined && event.request === this.#joining && isEntry(event)) this.#joined(event);
    else if (event.kind === "waiting") this.#wait(event);
    else if (event.kind === "away") this.#away(event);
    else if (event.kind === "completed" || event.kind === "inspected" || event.kind === "comm_handled") this.#answer(event.request ?? 0, event.body);
    else if (event.session === this.id && event.sequence > 0 && !isEntry(event)) this.#next(event as SessionEvent);
  }

  #joined(event: Opened | Attached): void {
    this.#joining = 0;
    this.line = undefined;
    this.limits = event.limits;
    this.started = event.started;
    this.lastUsed = this.#connection.now;
    if (event.kind === "opened") {
      this.#ticket = { session: event.session, token: event.token };
      this.#owner.opened(this.#ticket);
    } else {
      this.#owner.replayed();
    }
    this.#become("live");
    this.#repeat();
  }

  #wait(line: Waiting): void {
    if (line.request !== this.#joining) return;
    this.line = line;
    this.changed();
  }

  #away({ session, within_seconds: seconds }: Away): void {
    if (session !== this.id || (this.state !== "live" && this.state !== "away")) return;
    this.#become(seconds > 0 ? "away" : "live");
    if (seconds === 0) this.#repeat();
  }

  /** Sends again what may not have arrived. */
  #repeat(): void {
    for (const evaluate of this.#unacknowledged.values()) this.#sendEvaluate(evaluate);
    for (const [sequence, text] of this.#replies) {
      this.#connection.send({ kind: "input_reply", session: this.id, sequence, text });
    }
    if (this.#interrupting !== "") this.#connection.send({ kind: "interrupt", session: this.id });
  }

  #sendEvaluate(evaluate: Evaluate): void {
    if (this.state !== "live") return;
    const request = this.#connection.send({ kind: "evaluate", session: this.id, ...evaluate });
    this.#requestOf.set(request, evaluate.evaluation);
  }

  #next(event: SessionEvent): void {
    if (event.sequence <= this.#last) return;
    this.#last = event.sequence;
    this.lastUsed = Math.max(this.lastUsed, event.time);
    if (event.evaluation !== undefined) this.#unacknowledged.delete(event.evaluation);
    if (event.kind === "input_taken") this.#replies.delete(event.input_sequence);
    if (event.kind === "done" && event.evaluation === this.#interrupting) this.#interrupting = "";
    if (event.kind === "output" && event.output_kind.startsWith("comm")) this.hear(event);
    else this.#owner.happened(event);
    if (event.kind === "ended") this.#end();
  }

  #failed(failure: Failure): void {
    const request = failure.request ?? 0;
    const why = inWords(failure);
    const evaluation = this.#requestOf.get(request);
    if (request !== 0 && request === this.#joining) {
      this.#notJoined(failure, why);
    } else if (evaluation !== undefined && this.state !== "away") {
      this.#requestOf.delete(request);
      this.#unacknowledged.delete(evaluation);
      this.#owner.refused(evaluation, why);
    } else {
      this.#answer(request, undefined);
    }
  }

  #notJoined(failure: Failure, why: string): void {
    const wasAlive = this.#ticket !== undefined;
    this.#joining = 0;
    const passing = failure.code === "unavailable" || failure.code === "draining" || failure.code === "full";
    if (wasAlive && passing) {
      setTimeout(() => { this.join(); }, 1000);
      return;
    }
    for (const evaluation of this.#unacknowledged.keys()) this.#owner.refused(evaluation, why);
    this.#end();
    this.#owner.unavailable(why, wasAlive);
  }

  /** Resolves to the answer to a request; undefined if there is none in time. */
  async ask(request: (session: string) => Request, within = ANSWER_WITHIN): Promise<string | undefined> {
    this.join();
    if (!(await this.lives())) return undefined;
    const id = this.#connection.send(request(this.id));
    this.lastUsed = this.#connection.now;
    if (id === 0) return undefined;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      setTimeout(() => { this.#answer(id, undefined); }, within);
    });
  }

  /** Waits for the session to be live, for as long as one may wait for an answer. */
  lives(): Promise<boolean> {
    if (this.state === "live") return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(tooLong);
        stopWatching();
        resolve(this.state === "live");
      };
      const tooLong = setTimeout(settle, ANSWER_WITHIN);
      const stopWatching = this.watch(() => {
        if (this.state === "live" || this.state === "ended") settle();
      });
    });
  }

  #answer(request: number, body: string | undefined): void {
    this.#answers.get(request)?.(body);
    this.#answers.delete(request);
  }

  #end(): void {
    this.#stopListening();
    this.#unacknowledged.clear();
    this.lost();
    this.#become("ended");
  }

  #become(state: SessionState): void {
    this.state = state;
    this.changed();
  }
}

function isEntry(event: Event): event is Opened | Attached {
  return event.kind === "opened" || event.kind === "attached";
}

/** Returns a failure as one sentence: what, about which noun, and what to do next. */
export function inWords(failure: Failure): string {
  const known = coded("failure", failure.code, "");
  const what = known || (failure.noun === "" ? failure.what : `${failure.noun}: ${failure.what}`);
  const { retry_after: wait = 0 } = failure;
  const hint = wait > 0 ? t("try again in {time}", { time: timeInWords(wait) }) : known === "" ? failure.hint : "";
  return hint === "" ? what : `${what}; ${hint}`;
}
