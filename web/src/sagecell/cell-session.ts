/** The session of one number: of a cell by itself, or of all that are linked. It begins with the first evaluation; when
 *  it has ended, the next evaluation begins a new one.
 */
import type { Connection } from "../connection";
import type { Evaluation } from "../evaluation";
import { Evaluations } from "../evaluations";
import { t } from "../language";
import { Session, type SessionOwner } from "../session";
import { Watched } from "../watch";
import { whereRuns, type Languages } from "./where";

export class CellSession extends Watched {
  readonly #connection: Connection;
  readonly #evaluations = new Evaluations({ found: () => undefined, news: () => undefined });
  /** Is told of each message of the session's evaluations. */
  log: ((way: "→" | "←", message: unknown) => void) | undefined;
  #session: Session | undefined;
  #hasEnded = false;
  readonly #stopWatching: () => void;

  constructor(connection: Connection) {
    super();
    this.#connection = connection;
    this.#stopWatching = connection.watch(() => { this.changed(); });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** The site cannot be reached now. */
  get isOutOfReach(): boolean {
    return this.#connection.state === "pausing";
  }

  get isBusy(): boolean {
    return this.#evaluations.pending.length > 0;
  }

  /** Evaluates as soon as the site has said which languages it has. */
  async evaluate(evaluation: Evaluation): Promise<void> {
    this.#evaluations.add(evaluation);
    const where = whereRuns(evaluation.language, ...(await this.#site()));
    if (evaluation.hasEnded) return;
    const session = (this.#session ??= this.#begin(where.environment));
    const asked = { evaluation: evaluation.id, cell: evaluation.cell, code: evaluation.code, language: where.language };
    this.log?.("→", { kind: "evaluate", ...asked });
    session.evaluate(asked);
    this.changed();
  }

  /** Stops what runs and drops what waits. */
  interrupt(): void {
    const { pending } = this.#evaluations;
    const first = pending.find((evaluation) => evaluation.state === "running") ?? pending[0];
    if (this.#session === undefined) this.#end(t("Not run: it was stopped."));
    else if (first !== undefined) this.#session.interrupt(first.id);
  }

  reply(sequence: number, text: string): void {
    this.log?.("→", { kind: "input_reply", sequence, text });
    this.#session?.reply(sequence, text);
  }

  close(why: string): void {
    const session = this.#session;
    this.#end(why);
    session?.close();
  }

  /** The languages of the site, and its environment for such pages. */
  #site(): Promise<[Languages, string]> {
    const connection = this.#connection;
    return new Promise((resolve) => {
      const look = () => {
        const { welcome } = connection;
        if (welcome === undefined) return;
        stop();
        resolve([welcome.languages ?? {}, welcome.sagecell_environment ?? ""]);
      };
      const stop = connection.watch(look);
      look();
    });
  }

  #begin(environment: string): Session {
    const owner: SessionOwner = {
      opened: () => { this.changed(); },
      replayed: () => {
        this.#evaluations.replayed();
        this.changed();
      },
      happened: (event) => {
        this.log?.("←", event);
        if (event.kind === "ended") this.#end(event.text);
        else this.#evaluations.happened(event);
        if (event.kind !== "output") this.changed();
      },
      refused: (evaluation, why) => {
        this.#evaluations.refuse(evaluation, why);
        this.changed();
      },
      unavailable: (why) => { this.#end(why); },
    };
    const session = new Session(this.#connection, owner, undefined, environment);
    session.watch(() => { this.changed(); });
    return session;
  }

  #end(why: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#stopWatching();
    this.#evaluations.outlive(why);
    this.changed();
  }
}
