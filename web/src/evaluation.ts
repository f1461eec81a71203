/** One evaluation of a cell: where it stands, what it has put out, why it ended. */
import { Outputs } from "./outputs";
import { Watched } from "./watch";
import { reasonInWords } from "./words";
import type { Done } from "./wire";

/** `sending`: the server has not confirmed it. `waiting`: it stands in the session's queue. */
export type EvaluationState = "sending" | "waiting" | "running" | "ended";

export class Evaluation extends Watched {
  state: EvaluationState = "sending";
  readonly outputs = new Outputs();
  /** Start by the server's clock, in seconds. */
  started = 0;
  wallSeconds = 0;
  reason = "";
  /** The reason in words. */
  text = "";
  /** Its session has ended, or was left: the variables that it made are gone. */
  isPast = false;

  constructor(
    readonly id: string,
    readonly cell: string,
    /** The source that runs, whatever the cell holds by now. */
    readonly code: string,
  ) {
    super();
  }

  get hasEnded(): boolean {
    return this.state === "ended";
  }

  queue(): void {
    if (this.state !== "sending") return;
    this.state = "waiting";
    this.changed();
  }

  start(time: number): void {
    this.state = "running";
    this.started = time;
    this.changed();
  }

  end(done: Pick<Done, "reason" | "text" | "wall_seconds">): void {
    this.state = "ended";
    this.reason = done.reason;
    this.text = done.text === "" ? reasonInWords(done.reason) : done.text;
    this.wallSeconds = done.wall_seconds;
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
