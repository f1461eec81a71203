/** One open worksheet with all that belongs to it: its document, what keeps that in step with the server, what runs. */
import type { Assistant } from "../assistant";
import type { Connection } from "../connection";
import { t } from "../language";
import { Watched } from "../watch";
import * as Y from "yjs";

import { perform, type Desk } from "./commands";
import { colourOf } from "./colour";
import type { Cursor } from "./cursors";
import { WorksheetLine } from "./comm-line";
import { WorksheetDocument } from "./document";
import type { Errand } from "./errands";
import type { Presence } from "./presence";
import { Runs } from "./runs";
import { SessionFilesLine } from "./session-files";
import { Selection } from "./selection";
import { nameOf } from "./status-view";
import type { Place } from "./place";
import { Sync } from "./sync";
import type { WorksheetCell } from "./worksheet-cell";

/** States of a session that there is. */
const IS_THERE = ["starting", "ready", "busy", "away"];
/** Milliseconds in which a session that is restarted has ended. */
const ENDS_WITHIN = 15_000;

/** Milliseconds in which what is written comes to the server. */
const SAVES_WITHIN = 10_000;

/** What the page around it does. */
export interface DeskOwner {
  show(what: "files" | "find" | "help" | "language" | "outline"): void;
  ask(title: string, text: string, go: string): Promise<boolean>;
}

export class WorksheetDesk extends Watched implements Desk {
  readonly document = new WorksheetDocument();
  readonly selection = new Selection(this.document);
  readonly sync: Sync;
  readonly runs: Runs;
  readonly files: SessionFilesLine;
  /** What the reader is told now. */
  notice = "";
  /** Offset of the cursor, in the cell whose editor has or had the focus. */
  #cursor: { cell: string; at: number } | undefined;
  #presence: Omit<Presence, "name" | "color"> = { cell: "", anchor: undefined, head: undefined };

  /** What is run until then is for the new session. */
  #restarting: Promise<boolean> | undefined;

  #line: WorksheetLine | undefined;
  readonly #owner: DeskOwner;
  readonly #stop: (() => void)[];

  constructor(readonly connection: Connection, readonly place: Place, owner: DeskOwner) {
    super();
    this.#owner = owner;
    this.sync = new Sync(connection, place, this.document.doc);
    this.runs = new Runs(connection, () => this.sync.worksheet);
    this.files = new SessionFilesLine(connection, () => this.sync.worksheet);
    const draw = () => { this.changed(); };
    this.#stop = [
      this.runs.watch(draw),
      this.selection.watch(draw),
      // What is typed is drawn by its cell, and what is saved by the line at the foot.
      this.#watchFor(this.document, () => [this.document.cells]),
      this.#watchFor(this.sync, ({ state, role, trouble, recovered, people } = this.sync) => [state, role, trouble, recovered, people]),
      this.sync.watch(() => { this.#line?.look(); }),
    ];
    this.sync.start();
  }

  close(): void {
    for (const stop of this.#stop) stop();
    this.runs.close();
    this.#line?.end();
    this.files.close();
    this.sync.close();
    this.document.doc.destroy();
  }

  /** What widgets speak with the session by; after its end another one, for the next session. */
  get commLine(): WorksheetLine {
    if (this.#line === undefined || this.#line.hasEnded) this.#line = new WorksheetLine(this.connection, () => this.sync.worksheet, this.runs, () => this.mayWrite);
    return this.#line;
  }

  get mayWrite(): boolean {
    return this.sync.role !== "viewer" && this.sync.state !== "ended" && this.isThere;
  }

  /** Whether its content has come. */
  get isThere(): boolean {
    return this.sync.state === "open" || this.document.cells.length > 0;
  }

  get cursor(): number | undefined {
    return this.#cursor !== undefined && this.#cursor.cell === this.selection.cell?.id ? this.#cursor.at : undefined;
  }

  perform(name: string): void {
    this.notice = "";
    perform(name, this);
    this.changed();
  }

  // ----------------------------------------------------------- what runs

  run(cell: WorksheetCell): void {
    if (cell.type !== "code" || cell.isEmpty) return;
    const evaluate = () => { this.runs.evaluate(cell.id, cell.text); };
    if (this.#restarting === undefined) evaluate();
    else void this.#restarting.then(evaluate);
  }

  interrupt(): void {
    this.runs.interrupt();
  }

  async restart(why: string): Promise<boolean> {
    const isWanted = await this.#owner.ask(t("Restart the session?"), why, t("Restart"));
    this.selection.go(this.selection.cell);
    if (!isWanted || !IS_THERE.includes(this.runs.session.state)) return isWanted;
    this.runs.restart();
    this.#restarting = this.#ended();
    try {
      return await this.#restarting;
    } finally {
      this.#restarting = undefined;
    }
  }

  /** Resolves once the session has ended: what is evaluated before that would belong to it. */
  #ended(): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (hasEnded: boolean): void => {
        clearTimeout(tooLong);
        stop();
        resolve(hasEnded);
      };
      const tooLong = setTimeout(() => { finish(false); }, ENDS_WITHIN);
      const stop = this.runs.watch(() => { if (!IS_THERE.includes(this.runs.session.state)) finish(true); });
    });
  }

  clear(cells: readonly WorksheetCell[]): void {
    const ids = cells.map(({ id }) => id).filter((id) => this.runs.evaluation(id)?.hasEnded === true);
    if (ids.length > 0) this.runs.clear(ids);
  }

  async clearAll(): Promise<void> {
    const what = t("Nobody sees them any more, and they cannot be brought back. What is written stays.");
    if (await this.#owner.ask(t("Clear all outputs?"), what, t("Clear"))) this.runs.clear([]);
    this.selection.go(this.selection.cell);
  }

  // ------------------------------------------------------------- what is seen

  show(what: "files" | "find" | "help" | "language" | "outline"): void {
    this.#owner.show(what);
  }

  say(text: string): void {
    this.notice = text;
    this.changed();
  }

  async errand(what: Errand): Promise<void> {
    if (!(await this.#isSaved())) this.say(t("What you wrote is not all on the server yet: try again when it is."));
    else this.say(await (await import("./errands")).runErrand(what, this.place, this.mayWrite, (text) => { this.say(text); }));
    this.selection.go(this.selection.cell, this.selection.mode);
  }

  /** Resolves to whether all is on the server, at once or in a moment. */
  #isSaved(): Promise<boolean> {
    const isOpen = () => this.sync.state === "open";
    return new Promise((resolve) => {
      const look = (): void => {
        if (isOpen() && this.sync.unacknowledged > 0) return;
        finish(isOpen());
      };
      const finish = (isSaved: boolean): void => {
        clearTimeout(tooLong);
        stop();
        resolve(isSaved);
      };
      const tooLong = setTimeout(() => { finish(false); }, SAVES_WITHIN);
      const stop = this.sync.watch(look);
      look();
    });
  }

  /** Tells of a change if something of what is watched is another one. */
  #watchFor(watched: Watched, look: () => readonly unknown[]): () => void {
    let before = look();
    return watched.watch(() => {
      const now = look();
      const isSame = now.every((each, place) => each === before[place]);
      before = now;
      if (!isSame) this.changed();
    });
  }

  // --------------------------------------------------------------- presence

  /** The reader's own selection in the source of a cell. */
  selected(cell: WorksheetCell, anchor: number, head: number): void {
    this.#cursor = { cell: cell.id, at: head };
    const at = (place: number) => Y.createRelativePositionFromTypeIndex(cell.source, place);
    this.#showPresence({ cell: cell.id, anchor: at(anchor), head: at(head) });
  }

  entered(cell: WorksheetCell): void {
    if (this.#presence.cell !== cell.id) this.#showPresence({ cell: cell.id, anchor: undefined, head: undefined });
  }

  cursorsIn(cell: WorksheetCell): readonly Cursor[] {
    const { doc } = this.document;
    const found: Cursor[] = [];
    for (const person of this.sync.people) {
      if (person.cell !== cell.id || person.head === undefined) continue;
      const head = indexOf(person.head, cell, doc);
      const anchor = person.anchor === undefined ? head : indexOf(person.anchor, cell, doc);
      if (head !== undefined) found.push({ name: nameOf(person), colour: colourOf(person.person), anchor: anchor ?? head, head });
    }
    return found;
  }

  #showPresence(presence: Omit<Presence, "name" | "color">): void {
    this.#presence = presence;
    this.sync.showPresence({ name: "", color: "#0f6b66", ...presence });
  }

  /** The worksheet's session answers what editors ask. */
  readonly assistant: Assistant = {
    isFree: () => this.mayWrite && this.connection.state === "open" && this.runs.session.state === "ready",
    complete: (code, cursor) => this.runs.complete(code, cursor),
    inspect: (code, cursor) => this.runs.inspect(code, cursor),
  };
}

/** Returns the offset in the source of a cell; undefined if the position is elsewhere. */
function indexOf(position: Y.RelativePosition, cell: WorksheetCell, doc: Y.Doc): number | undefined {
  try {
    const found = Y.createAbsolutePositionFromRelativePosition(position, doc);
    return found?.type === cell.source ? found.index : undefined;
  } catch {
    return undefined;
  }
}
