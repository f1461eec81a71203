/** The comms of a worksheet's session, for the widgets that its cells show. Made when the first is shown.
 *
 *  One line is for one session: when that ends, what it shows is over, and the next session has another line.
 */
import type { Connection, Listener } from "../connection";
import type { Evaluation } from "../evaluation";
import { Watched } from "../watch";
import type { Event } from "../wire";
import type { WorksheetComm } from "../widgets/comm-events";
import type { CommEvent, CommLine, CommMessage } from "../widgets/line";
import type { Runs } from "./runs";

/** States of a session that there is. */
const IS_THERE = ["ready", "busy", "away"];
/** Milliseconds in which a session takes a message: it waits for what runs. */
const TAKEN_WITHIN = 60_000;
/** Milliseconds before it is asked again to be told. */
const AGAIN = 2_000;

export class WorksheetLine extends Watched implements CommLine, Listener {
  hasEnded = false;
  readonly #connection: Pick<Connection, "listen" | "send">;
  readonly #worksheet: () => string;
  readonly #runs: Runs;
  readonly #mayWrite: () => boolean;
  readonly #waiting = new Map<number, (taken: boolean) => void>();
  readonly #stop: (() => void)[];
  #hear: ((event: CommEvent) => void) | undefined;
  /** Which of the worksheet's sessions it is, once that has spoken. */
  #session = "";
  #last = 0;
  #follows = false;
  #asked = 0;
  #couldTell = false;

  constructor(connection: Pick<Connection, "listen" | "send">, worksheet: () => string, runs: Runs, mayWrite: () => boolean) {
    super();
    this.#connection = connection;
    this.#worksheet = worksheet;
    this.#runs = runs;
    this.#mayWrite = mayWrite;
    this.#couldTell = this.mayTell;
    this.#stop = [connection.listen(this), runs.watch(() => { this.#look(); })];
  }

  get mayTell(): boolean {
    return !this.hasEnded && this.#mayWrite();
  }

  listen(hear: (event: CommEvent) => void): void {
    this.#hear = hear;
    this.#look();
  }

  tell(evaluation: string, message: CommMessage): Promise<boolean> {
    const id = this.mayTell ? this.#connection.send({ kind: "comm_in_worksheet", worksheet: this.#worksheet(), evaluation, ...message }) : 0;
    if (id === 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const tooLong = setTimeout(() => { this.#settle(id, false); }, TAKEN_WITHIN);
      this.#waiting.set(id, (taken) => {
        clearTimeout(tooLong);
        resolve(taken);
      });
    });
  }

  interrupt(): void {
    if (this.mayTell) this.#runs.interrupt("callback");
  }

  get pending(): readonly Evaluation[] {
    return this.#runs.pending;
  }

  opened(): void {
    this.lost();
  }

  lost(): void {
    this.#follows = false;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, false);
  }

  received(event: Event): void {
    if (event.kind === "comm_handled") this.#settle(event.request ?? 0, true);
    else if (event.kind === "failure" && event.request === this.#asked) this.#again();
    else if (event.kind === "failure") this.#settle(event.request ?? 0, false);
    else if (event.kind === "worksheet_comm" && event.worksheet === this.#worksheet()) this.#take(event);
  }

  /** The reader may do more, or less, than before. */
  look(): void {
    if (this.mayTell === this.#couldTell) return;
    this.#couldTell = this.mayTell;
    this.changed();
  }

  /** Follows the session as soon as there is one, and knows its end. */
  #look(): void {
    const isThere = IS_THERE.includes(this.#runs.session.state);
    if (this.#session !== "" && this.#runs.isOpen && !isThere) this.end();
    if (this.#hear === undefined || this.#follows || !this.#runs.isOpen || !isThere) return;
    this.#follows = true;
    this.#asked = this.#connection.send({ kind: "follow_comms", worksheet: this.#worksheet() });
  }

  #take({ of_session: session, number, output_kind, body, buffers }: WorksheetComm): void {
    if (this.hasEnded || number <= (session === this.#session ? this.#last : 0)) return;
    if (this.#session !== "" && session !== this.#session) {
      this.end();
      return;
    }
    this.#session = session;
    this.#last = number;
    this.#hear?.(buffers === undefined ? { output_kind, body } : { output_kind, body, buffers });
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const stop of this.#stop) stop();
    this.lost();
    this.changed();
  }

  #again(): void {
    setTimeout(() => {
      this.#follows = false;
      this.#look();
    }, AGAIN);
  }

  #settle(id: number, taken: boolean): void {
    this.#waiting.get(id)?.(taken);
    this.#waiting.delete(id);
  }
}
