/** Evaluates the cells of somebody else's page. Loaded with the first evaluation.
 *
 *  A cell by itself has a session of its own for each evaluation, which ends when nothing of it is needed any more:
 *  neither its controls nor its files. Linked cells share one that stays. All of a page have one connection.
 */
import { newName } from "../cell";
import { Evaluation } from "../evaluation";
import { haveStand, readStates } from "../interacts";
import { t } from "../language";
import { connection, start } from "../page-connection";
import type { Session } from "../session";
import { CellSession } from "./cell-session";
import type { KnownSession } from "./links";
import type { PageCell } from "./page-cell";
import { Showing } from "./showing";
import { termsAccepted } from "./terms";

/** Evaluations of cells by themselves that a page has run at the same time. */
const AT_ONCE = 4;

const cells = new WeakMap<PageCell, LiveCell>();
/** By the names that sessions know. */
const byName = new Map<string, PageCell>();
const linked = new Map<number, CellSession>();
const turns: (() => void)[] = [];
let running = 0;

class LiveCell {
  readonly #id = newName();
  readonly #cell: PageCell;
  #last: Showing | undefined;
  #hasBegun = false;
  /** How many evaluations were asked for; only the newest of those that wait is begun. */
  #asked = 0;

  constructor(cell: PageCell) {
    this.#cell = cell;
    byName.set(this.#id, cell);
  }

  /** Its session, if one lives. */
  get session(): CellSession | undefined {
    return this.#cell.options.linked ? linked.get(this.#cell.k) : this.#last?.session;
  }

  async evaluate(): Promise<void> {
    const asked = ++this.#asked;
    const cell = this.#cell;
    const code = cell.code.text;
    const { language } = cell;
    start();
    if (!(await termsAccepted()) || asked !== this.#asked) return;
    const log = cell.options.isDebug ? await messageLog(cell) : undefined;
    if (asked !== this.#asked) return;
    const last = this.#last;
    if (last !== undefined && !cell.options.linked) last.session.close(t("It was evaluated again."));
    if (last !== undefined && cell.options.replaceOutput) last.remove();
    const session = cell.options.linked ? linkedSession(cell) : ownSession(cell);
    const evaluation = new Evaluation(newName(), this.#id, code, undefined, language);
    const showing = new Showing(cell, evaluation, session, goTo);
    this.#last = showing;
    this.#begin(showing);
    if (log !== undefined) session.log = log;
    cell.session = { rawcode: code, language, linked: cell.options.linked };
    if (cell.options.linked) void session.evaluate(evaluation);
    else inTurn(() => this.#alone(showing));
  }

  /** Has the controls of its first evaluation begin where the page has said. */
  #begin({ evaluation, session }: Showing): void {
    const { interacts } = this.#cell.options;
    if (this.#hasBegun || interacts === undefined) return;
    this.#hasBegun = true;
    const kept = readStates(textOf(interacts));
    if (kept === undefined) console.warn("sagecell: the option interacts cannot be read:", interacts);
    else if (kept.length > 0) haveStand(evaluation, () => session.session, kept);
  }

  remove(): void {
    byName.delete(this.#id);
    this.#asked += 1;
    if (!this.#cell.options.linked) this.#last?.session.close(t("It was taken from the page."));
  }

  /** Evaluates in a session of its own; resolves when its turn is over. */
  async #alone({ evaluation, session }: Showing): Promise<void> {
    const showing = this.#last;
    if (session.hasEnded || showing?.evaluation !== evaluation) return;
    await session.evaluate(evaluation);
    await ended(evaluation);
    const isNeeded = showing.hasControls || (await showing.findFiles());
    if (!isNeeded) session.close("");
  }
}

/** Leads to a line of a cell that a traceback speaks of. */
function goTo(name: string, line: number): void {
  byName.get(name)?.editor?.goToLine(line);
}

function linkedSession(cell: PageCell): CellSession {
  const known = linked.get(cell.k);
  if (known !== undefined && !known.hasEnded) return known;
  const session = ownSession(cell);
  linked.set(cell.k, session);
  return session;
}

/** Returns a new session, which the page finds under its number as long as it lives. */
function ownSession({ k, links }: PageCell): CellSession {
  const session = new CellSession(connection);
  const known: KnownSession = {
    get id() { return session.session?.id ?? ""; },
    interrupt: () => { session.interrupt(); },
    kill: () => { session.close(t("It was ended by the page.")); },
  };
  links.sessions[k] = known;
  session.watch(() => {
    if (session.hasEnded && links.sessions[k] === known) links.sessions[k] = null;
  });
  return session;
}

function ended(evaluation: Evaluation): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!evaluation.hasEnded) return;
      stop();
      resolve();
    };
    const stop = evaluation.watch(look);
    look();
  });
}

function inTurn(act: () => Promise<void>): void {
  const begin = () => {
    running += 1;
    void act().finally(() => {
      running -= 1;
      turns.shift()?.();
    });
  };
  if (running < AT_ONCE) begin();
  else turns.push(begin);
}

function liveCell(cell: PageCell): LiveCell {
  const known = cells.get(cell) ?? new LiveCell(cell);
  cells.set(cell, known);
  return known;
}

/** Evaluates the code that stands in a cell. */
export function evaluate(cell: PageCell): void {
  void liveCell(cell).evaluate();
}

/** A cell was taken from the page. */
export function remove(cell: PageCell): void {
  cells.get(cell)?.remove();
}

/** Returns the session that a cell would be evaluated in or was, if it lives. */
export function sessionOf(cell: PageCell): Session | undefined {
  return liveCell(cell).session?.session;
}

/** Returns a value of the page as JSON; empty for what cannot be written so. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "";
  }
}

/** Returns what shows the messages of a session in a cell. */
async function messageLog(cell: PageCell): Promise<NonNullable<CellSession["log"]>> {
  const { MessageLog } = await import("./message-log");
  const log = new MessageLog(cell.markup.messages);
  return (way, message) => { log.add(way, message); };
}
