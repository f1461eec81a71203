/** One evaluation of a cell: where it stands, what it has put out, why it ended. */
import { Outputs } from "./outputs";
import { Watched } from "./watch";
import { reasonInWords } from "./words";
import type { Done } from "./wire";

/** `sending`: the server has not confirmed it. `waiting`: it stands in the session's queue. */
export type EvaluationState = "sending" | "waiting" | "running" | "ended";

/** How far a stateless evaluation has come, for who sees it next. `begun`: the server knows of it; `killed`: a reader
 *  has ended it in one tab, as all others shall. */
export type RunStanding = "waiting" | "begun" | "ended" | "killed" | "not_run";

export class Evaluation extends Watched {
  state: EvaluationState = "sending";
  readonly outputs = new Outputs();
  /** Start by the server's clock, in seconds. */
  started = 0;
  wallSeconds = 0;
  reason = "";
  /** The reason in words. */
  text = "";
  /** In words, what it waits for, if that is not the session's queue. */
  waitsFor = "";
  /** When a kept result ran, by the server's clock in seconds; 0: it ran now. */
  keptSince = 0;
  /** By what its result may differ each time, in the schema's word; empty: by nothing that is known. */
  unrepeatable = "";
  /** Its session has ended, or was left: the variables that it made are gone. */
  isPast = false;

  constructor(
    readonly id: string,
    readonly cell: string,
    /** The source that runs, whatever the cell holds by now. */
    readonly code: string,
    /** Of a stateless one: a session of its own evaluates it. */
    public run?: RunStanding,
    readonly language = "",
  ) {
    super();
  }

  get hasEnded(): boolean {
    return this.state === "ended";
  }

  queue(waitsFor = ""): void {
    if (this.state !== "sending" && this.waitsFor === waitsFor) return;
    this.state = "waiting";
    this.waitsFor = waitsFor;
    this.changed();
  }

  /** It is asked for now, and no longer waits for its turn. */
  send(): void {
    this.state = "sending";
    this.changed();
  }

  start(time: number): void {
    this.state = "running";
    this.started = time;
    this.changed();
  }

  end(done: Pick<Done, "reason" | "text" | "wall_seconds" | "kept_since" | "unrepeatable">): void {
    this.state = "ended";
    this.reason = done.reason;
    this.text = done.text === "" ? reasonInWords(done.reason) : done.text;
    this.wallSeconds = done.wall_seconds;
    this.keptSince = done.kept_since ?? 0;
    this.unrepeatable = done.unrepeatable ?? "";
    this.outputs.closePrompts();
    this.changed();
  }

  /** Marks it as one of a session that is no more. */
  outlive(text: string): void {
    this.isPast = true;
    if (!this.hasEnded) this.end({ reason: "session_ended", text, wall_seconds: 0 });
    else this.changed();
  }
}
