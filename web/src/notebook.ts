/** The cells of the page, the session that they share, and what has come of their evaluations.
 *
 *  A notebook is a replay: everything that it shows of a session it has from the session's numbered events, so
 *  that a reload, a second tab and a repaired connection all end with the same picture.
 */
import { Cell, newName } from "./cell";
import type { Connection } from "./connection";
import { Evaluation } from "./evaluation";
import { Evaluations } from "./evaluations";
import { t } from "./language";
import { missing } from "./outputs";
import type { LinkedCell } from "./permalink";
import type { Runs } from "./runs";
import { takeOver } from "./returning";
import { Session, type SessionOwner, type Ticket } from "./session";
import type { Keeping, Stored } from "./store";
import { Watched } from "./watch";
import type { SessionEvent } from "./wire";

/** One sentence for the reader about the whole page, with at most one thing to do about it. */
export interface Notice {
  text: string;
  action?: { label: string; run: () => void };
}

const SAVE_AFTER = 300;
/** Bytes of code that a session takes at once. */
const LONGEST_CODE = 1 << 20;

export class Notebook extends Watched {
  cells: Cell[] = [];
  session: Session | undefined;
  /** Each cell is evaluated by itself, without the session. */
  isApart = false;
  notice: Notice | undefined;
  /** When Stop was last pressed for an evaluation that still runs, by the reader's clock; 0: not. */
  stoppedAt = 0;
  /** Is told of each evaluation that has ended, and of each question. */
  onNews: ((cell: Cell, evaluation: Evaluation) => void) | undefined;

  readonly #store: Keeping;
  #evaluations = this.#newEvaluations();
  #runs: Runs | undefined;
  #removed: string[] = [];
  /** Sessions that this tab knows to have ended or to be left. */
  readonly #gone = new Set<string>();
  #saving = 0;

  constructor(readonly connection: Connection, store: Keeping, linked: readonly LinkedCell[]) {
    super();
    this.#store = store;
    const stored = store.load();
    if (stored !== undefined && stored.cells.length > 0) this.#adopt(stored, true);
    else this.cells = (linked.length > 0 ? linked : [{ code: "", language: "" }]).map(({ code, language }) => this.#newCell(code, newName(), language));
    store.watch((document) => { this.#adopt(document); });
    addEventListener("pagehide", () => {
      this.#runs?.leave();
      this.#save();
    });
  }

  /** The evaluations that wait or run, in the order in which they run. */
  get pending(): Evaluation[] {
    return [...this.#evaluations.pending, ...(this.#runs?.pending ?? [])];
  }

  get running(): Evaluation | undefined {
    return this.pending.find((evaluation) => evaluation.state === "running");
  }

  get isPristine(): boolean {
    return this.cells.every((cell) => cell.isEmpty && cell.evaluation === undefined);
  }

  cellOf(evaluation: Evaluation): Cell | undefined {
    return this.cells.find((cell) => cell.id === evaluation.cell);
  }

  // ------------------------------------------------------------- evaluations

  /** Evaluates the code of a cell. Of a cell by itself `fresh` says that no kept result will do. */
  evaluate(cell: Cell, fresh = false): void {
    if (cell.isEmpty || (cell.isBusy && !cell.isEdited)) return;
    this.notice = undefined;
    const replaced = cell.run;
    const { id, code, language } = cell;
    const evaluation = new Evaluation(newName(this.isApart ? 18 : 9), id, code, this.isApart ? "waiting" : undefined, language);
    cell.evaluation = evaluation;
    const isTooLong = new Blob([code]).size > LONGEST_CODE;
    if (isTooLong && this.isApart) evaluation.run = "not_run";
    this.#save();
    if (isTooLong) {
      evaluation.end({ reason: "refused", text: t("Not run: the code of a cell may have at most 1 MiB."), wall_seconds: 0 });
      return;
    }
    if (this.isApart) {
      this.#withRuns((runs) => { runs.add(evaluation, fresh ? "fresh" : "run", replaced); });
    } else {
      this.#runs?.drop(replaced);
      this.#evaluations.add(evaluation);
      this.needSession().evaluate({ evaluation: evaluation.id, cell: id, code, language });
    }
    this.changed();
  }

  evaluateAll(): void {
    for (const cell of this.cells) this.evaluate(cell);
  }

  /** Stops the evaluation that runs, and with it those that wait. */
  stop(): void {
    const { pending } = this.#evaluations;
    const first = pending.find((evaluation) => evaluation.state === "running") ?? pending[0];
    if (first !== undefined) this.session?.interrupt(first.id);
    this.stoppedAt = Date.now();
    this.#runs?.stop();
    this.changed();
  }

  /** Ends the session with all that it holds, and starts a new one. */
  restart(): void {
    this.#endSession(t("The session was restarted."));
    this.notice = { text: t("The session is new: the variables of the earlier one are gone.") };
    this.needSession().join();
    this.changed();
  }

  /** Returns the session, made if there is none. It starts when something is asked of it. */
  needSession(): Session {
    this.session ??= this.#attend();
    return this.session;
  }

  reply(evaluation: Evaluation, sequence: number, text: string): void {
    evaluation.outputs.answered(sequence, text);
    if (evaluation.run === undefined) this.session?.reply(sequence, text);
    else this.#runs?.reply(evaluation, sequence, text);
  }

  /** Has each cell evaluated by itself from now on, or all in the session. What runs goes on. */
  setApart(isApart: boolean): void {
    this.isApart = isApart;
    if (isApart) this.#withRuns(() => undefined);
    this.#edited();
  }

  // ------------------------------------------------------------------- cells

  addBelow(cell: Cell | undefined, code = ""): Cell {
    const added = this.#newCell(code, newName(), code === "" ? cell?.language : "");
    const place = cell === undefined ? this.cells.length : this.cells.indexOf(cell) + 1;
    this.cells = this.cells.toSpliced(place, 0, added);
    this.#edited();
    return added;
  }

  remove(cell: Cell): void {
    const before = this.cells;
    const ids = this.#removed;
    this.cells = before.filter((other) => other !== cell);
    if (this.cells.length === 0) this.cells = [this.#newCell("")];
    this.#removed = [...ids, cell.id];
    const undo = () => {
      this.cells = before;
      this.#removed = ids;
      this.notice = undefined;
      this.#edited();
    };
    this.notice = { text: t("The cell was removed."), action: { label: t("Undo"), run: undo } };
    this.#edited();
  }

  move(cell: Cell, by: -1 | 1): void {
    const from = this.cells.indexOf(cell);
    const to = from + by;
    if (to < 0 || to >= this.cells.length) return;
    this.cells = this.cells.toSpliced(from, 1).toSpliced(to, 0, cell);
    this.#edited();
  }

  /** Puts code into the cell if it is empty, else into a new one below it. */
  offer(cell: Cell | undefined, code: string): Cell {
    if (cell?.isEmpty !== true) return this.addBelow(cell, code);
    cell.write(code, "");
    this.#edited();
    return cell;
  }

  /** Leaves one empty cell and no session. */
  startAfresh(): void {
    const before = this.cells;
    this.#endSession(t("A new page was started."));
    this.#runs?.stop();
    this.cells = [this.#newCell("")];
    const undo = () => {
      this.cells = before;
      this.notice = undefined;
      this.#edited();
    };
    this.notice = { text: this.isApart ? t("A new page.") : t("A new page; the session of the old one has ended."), action: { label: t("Bring the cells back"), run: undo } };
    this.#edited();
  }

  say(notice: Notice | undefined): void {
    this.notice = notice;
    this.changed();
  }

  // ----------------------------------------------------------- the session's

  #attend(ticket?: Ticket): Session {
    // A session that was let go may speak on, and is not heard.
    const ifCurrent = (act: () => void) => {
      if (this.session === session) act();
    };
    const owner: SessionOwner = {
      opened: () => { ifCurrent(() => { this.#save(); }); },
      replayed: () => { ifCurrent(() => { this.#replayed(); }); },
      happened: (event) => { ifCurrent(() => { this.#happened(event); }); },
      refused: (evaluation, why) => {
        ifCurrent(() => {
          this.#evaluations.refuse(evaluation, why);
          this.changed();
        });
      },
      unavailable: (why, wasAlive) => { ifCurrent(() => { this.#unavailable(why, wasAlive); }); },
    };
    const session = new Session(this.connection, owner, ticket);
    session.watch(() => { this.changed(); });
    return session;
  }

  #happened(event: SessionEvent): void {
    if (event.kind === "ended") {
      this.#forgetSession(event.text);
      this.notice = { text: `${event.text} ${t("The next evaluation starts a new session.")}` };
      this.changed();
      return;
    }
    this.#evaluations.happened(event);
    if (event.kind !== "output") this.changed();
  }

  #newEvaluations(): Evaluations {
    return new Evaluations({
      found: (evaluation) => { this.#found(evaluation); },
      news: (evaluation) => { this.#news(evaluation); },
    });
  }

  #news(evaluation: Evaluation): void {
    const cell = this.cellOf(evaluation);
    if (evaluation.hasEnded) this.stoppedAt = 0;
    if (cell !== undefined) this.onNews?.(cell, evaluation);
  }

  /** Does something with the runs, which are loaded when they are first needed. */
  #withRuns(act: (runs: Runs) => void): void {
    if (this.#runs !== undefined) {
      act(this.#runs);
      return;
    }
    import("./runs").then(
      ({ Runs }) => {
        this.#runs ??= this.#newRuns(Runs);
        act(this.#runs);
      },
      () => { this.say({ text: t("A part of this page could not be loaded. Reload it to evaluate.") }); },
    );
  }

  #newRuns(kind: typeof Runs): Runs {
    const runs = new kind(this.connection, (evaluation) => { this.#news(evaluation); });
    runs.watch(() => {
      if (this.running === undefined) this.stoppedAt = 0;
      this.#edited();
    });
    return runs;
  }

  /** Another tab, or an earlier life of this page, has begun this evaluation: its cell shows it, made if need be. */
  #found(evaluation: Evaluation): void {
    if (evaluation.cell === "" || this.#removed.includes(evaluation.cell)) return;
    let cell = this.cellOf(evaluation);
    if (cell === undefined) {
      cell = this.#newCell(evaluation.code, evaluation.cell, evaluation.language);
      this.cells = [...this.cells, cell];
    }
    // A session that is joined tells of all that it ran: also of what was evaluated by itself since.
    if (cell.evaluation?.run === undefined || this.session?.state === "live") cell.evaluation = evaluation;
  }

  #replayed(): void {
    const { forgotten, gap } = this.#evaluations.replayed();
    for (const evaluation of forgotten) {
      const cell = this.cellOf(evaluation);
      if (cell?.evaluation === evaluation) cell.evaluation = undefined;
    }
    if (gap !== undefined) this.notice = { text: missing(gap) };
    this.changed();
  }

  #unavailable(why: string, wasAlive: boolean): void {
    this.#forgetSession(t("Its session has ended."));
    const gone = t("The session of this page has ended: its variables and outputs are gone, the code is kept. The next evaluation starts a new session.");
    this.notice = { text: wasAlive ? gone : t("No session could be started: {why}.", { why }) };
    this.changed();
  }

  #endSession(why: string): void {
    const session = this.session;
    this.#forgetSession(why);
    session?.close();
  }

  /** Lets go of the session; what it has put out stays to be seen, marked as past. */
  #forgetSession(why: string): void {
    if (this.session !== undefined) this.#gone.add(this.session.id);
    this.session = undefined;
    this.stoppedAt = 0;
    this.#evaluations.outlive(why);
    this.#evaluations = this.#newEvaluations();
    this.#removed = [];
    this.#save();
  }

  // --------------------------------------------------------------- the store

  #newCell(code: string, id = newName(), language = ""): Cell {
    const cell = new Cell(id, code, language);
    cell.watch(() => { this.#saveSoon(); });
    return cell;
  }

  /** Takes over what is stored: at the start, and when another tab has changed it. */
  #adopt(stored: Stored, isFirst = false): void {
    this.isApart = stored.isApart;
    this.cells = stored.cells.map(({ id, code, language }) => {
      const known = this.cells.find((cell) => cell.id === id);
      if (known === undefined) return this.#newCell(code, id, language);
      known.write(code, language);
      return known;
    });
    this.#removed = stored.removed;
    const joined = stored.ticket?.session ?? "";
    if (joined !== "" && joined !== this.session?.id && !this.#gone.has(joined)) {
      const session = this.session;
      if (session !== undefined) this.#leave(session);
      this.#remember(stored);
      this.session = this.#attend(stored.ticket);
    }
    const seen = takeOver(this.cells, stored.cells, this.#evaluations);
    if (seen.length > 0 || this.isApart) this.#withRuns((runs) => { for (const run of seen) runs.follow(run, isFirst); });
    this.changed();
  }

  #remember(stored: Stored): void {
    for (const { id, evaluation } of stored.cells) {
      const cell = this.cells.find((one) => one.id === id);
      if (evaluation === undefined || evaluation.run !== undefined || cell === undefined) continue;
      cell.evaluation = new Evaluation(evaluation.id, id, evaluation.code, undefined, evaluation.language);
      this.#evaluations.remember(cell.evaluation);
    }
  }

  /** Another tab has begun a new session for this document. */
  #leave(session: Session): void {
    this.#gone.add(session.id);
    this.session = undefined;
    this.#evaluations.outlive(t("The session was restarted in another tab."));
    this.#evaluations = this.#newEvaluations();
    session.leave();
  }

  /** Another tab may have begun a session of which this one has not heard yet. */
  #ticketOfOthers(): Ticket | undefined {
    const ticket = this.#store.load()?.ticket;
    return ticket !== undefined && this.#gone.has(ticket.session) ? undefined : ticket;
  }

  #edited(): void {
    this.#save();
    this.changed();
  }

  #saveSoon(): void {
    if (this.#saving === 0) this.#saving = setTimeout(() => { this.#save(); }, SAVE_AFTER);
  }

  #save(): void {
    clearTimeout(this.#saving);
    this.#saving = 0;
    this.#store.save({
      cells: this.cells.map(({ id, code, language, evaluation }) => ({ id, code, language, evaluation: evaluation && { id: evaluation.id, code: evaluation.code, language: evaluation.language, run: evaluation.run } })),
      isApart: this.isApart,
      ticket: this.session?.ticket ?? this.#ticketOfOthers(),
      removed: this.#removed,
    });
  }
}
