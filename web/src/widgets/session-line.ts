/** The comms of a session that the page has for itself. */
import type { Session } from "../session";
import type { CommEvent, CommLine, CommMessage } from "./line";

/** Messages wait for what runs. */
const TAKEN_WITHIN = 60_000;

const lines = new WeakMap<Session, SessionLine>();

export function lineOf(session: Session): CommLine {
  const known = lines.get(session) ?? new SessionLine(session);
  lines.set(session, known);
  return known;
}

class SessionLine implements CommLine {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  get mayTell(): boolean {
    return !this.hasEnded;
  }

  get hasEnded(): boolean {
    return this.#session.state === "ended";
  }

  listen(hear: (event: CommEvent) => void): void {
    this.#session.comms.splice(0).forEach(hear);
    this.#session.hear = hear;
  }

  async tell(evaluation: string, message: CommMessage): Promise<boolean> {
    const answer = await this.#session.ask((session) => ({ kind: "comm_message", session, evaluation, ...message }), TAKEN_WITHIN);
    return answer !== undefined;
  }

  interrupt(): void {
    void this.#session.ask((session) => ({ kind: "interrupt", session, scope: "callback" }));
  }

  watch(see: () => void): () => void {
    return this.#session.watch(see);
  }
}
