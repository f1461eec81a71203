/** A worksheet that several people edit: what is written here is sent to the server, and what others write comes.
 *
 *  One edit is on its way at a time, and what is written meanwhile is the next: so edits arrive in their order
 *  however fast somebody types. Each is kept in the browser until the server says that it is durable, and sent
 *  again on the next connection; sent twice, it changes nothing. A worksheet of another epoch has nothing in
 *  common with this one: the two are never merged, and what cannot be sent is left as a notebook to download.
 *
 *      start --> opening --> open <--> offline
 *                   |          |
 *                   +--------> ended: make another one with an empty document, or say why
 */
import * as Y from "yjs";

import type { Listener } from "../connection";
import { t } from "../language";
import { inWords } from "../session";
import { Watched } from "../watch";
import type { Event, Failure } from "../wire";
import { fromBase64, joined, toBase64 } from "./base64";
import { Edits } from "./edits";
import { KeptEdits, type Kept } from "./kept-edits";
import type { Line, Place } from "./place";
import { peopleAfter, presenceText, type Person, type Presence } from "./presence";
import { notebookOf } from "./recovery";
import type { WorksheetEnded, WorksheetOpened, WorksheetPresence, WorksheetUpdates } from "./wire";

/** Milliseconds between two words of where somebody is. */
const PRESENCE_PAUSE = 200;
/** Milliseconds before it is tried again what the server could not do, at first and at most. */
const FIRST_PAUSE = 500, LONGEST_PAUSE = 15_000;
/** Milliseconds for which an edit waits before the whole worksheet is kept beside it. */
const COPY_AFTER = 1_000;
/** Times in a row that the server lacks something although it was sent all. */
const MOST_MISSING = 3;
const NOTHING: Kept = { epoch: "", edits: [], copy: undefined };

export type { Line, Place };
export type SyncState = "opening" | "open" | "offline" | "ended";
export type Role = "viewer" | "editor" | "owner";

export class Sync extends Watched implements Listener {
  state: SyncState = "opening";
  role: Role = "viewer";
  /** Its id; empty before it is open. */
  worksheet = "";
  name = "";
  /** Everybody who is there, but for this page. */
  people: readonly Person[] = [];
  /** Why it has ended, or cannot be opened now, in words; empty otherwise. */
  trouble = "";
  /** Why it cannot be saved into its file, although all of it is durable; empty: it can. */
  unsaved = "";
  /** Notebooks of what was written here and no worksheet can have any more. */
  recovered: readonly string[] = [];

  readonly #line: Line;
  readonly #place: Place;
  readonly #doc: Y.Doc;
  readonly #kept: KeptEdits;
  readonly #edits: Edits;
  /** One document in one browser. */
  readonly #sender = toBase64(crypto.getRandomValues(new Uint8Array(15))).replaceAll("+", "-").replaceAll("/", "_");
  #clock = 0;
  #epoch = "";
  /** What was kept before this page was loaded, until the worksheet is open. */
  #before = NOTHING;
  #arriving: Uint8Array[] = [];
  #opening = 0;
  #editing = 0;
  #failures = 0;
  #missing = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #copying: ReturnType<typeof setTimeout> | undefined;
  #copied = false;
  #presence: Presence | undefined;
  #showing: ReturnType<typeof setTimeout> | undefined;
  #forget: () => void = () => undefined;

  constructor(connection: Line, place: Place, doc: Y.Doc, kept = new KeptEdits(`${place.account ?? ""}/${place.workspace}/${place.path}`)) {
    super();
    this.#line = connection;
    this.#place = place;
    this.#doc = doc;
    this.#kept = kept;
    this.#edits = new Edits(kept);
    this.#edits.onReady = () => { this.#send(); };
  }

  /** Edits that are not durable yet: the server has not said so. */
  get unacknowledged(): number {
    return this.#edits.count + this.#before.edits.length;
  }

  /** Whether what is not acknowledged survives a reload. */
  get isKeeping(): boolean {
    return this.#kept.isKeeping;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** Opens the worksheet, and keeps it open until `close`. The document is to be empty. */
  start(): void {
    const onUpdate = (update: Uint8Array, origin: unknown): void => {
      if (origin !== this && this.state !== "ended") this.#wrote(update);
    };
    const onHide = (): void => { this.#edits.flush(); };
    this.#doc.on("update", onUpdate);
    if (typeof addEventListener === "function") addEventListener("pagehide", onHide);
    let unlisten: () => void = () => undefined;
    let isClosed = false;
    this.#forget = () => {
      isClosed = true;
      unlisten();
      this.#doc.off("update", onUpdate);
      if (typeof removeEventListener === "function") removeEventListener("pagehide", onHide);
    };
    void this.#load().then(() => {
      if (isClosed) return;
      unlisten = this.#line.listen(this);
      if (this.#line.state === "open") this.opened();
      else this.lost();
    });
  }

  /** Leaves the worksheet. What is not acknowledged stays kept. */
  close(): void {
    this.#edits.flush();
    if (this.worksheet !== "") this.#line.send({ kind: "close_worksheet", worksheet: this.worksheet });
    this.#end("");
    void this.#kept.close();
  }

  /** Shows others where this person is; a few times a second at most. */
  showPresence(presence: Presence): void {
    this.#presence = presence;
    this.#showing ??= setTimeout(() => {
      this.#showing = undefined;
      this.#show();
    }, PRESENCE_PAUSE);
  }

  async forgetRecovered(): Promise<void> {
    this.recovered = [];
    this.changed();
    await this.#kept.forgetRecovered();
  }

  // ------------------------------------------------------- what the connection says

  opened(): void {
    if (this.state === "ended") return;
    this.#arriving = [];
    this.#editing = 0;
    this.#become("opening");
    this.#open();
  }

  lost(): void {
    clearTimeout(this.#pause);
    this.#opening = this.#editing = 0;
    this.people = [];
    if (this.state !== "ended") this.#become("offline");
  }

  received(event: Event): void {
    if (this.state === "ended") return;
    if (event.kind === "failure") {
      if (event.request === undefined || event.request === 0) return;
      if (event.request === this.#opening) this.#notOpened(event);
      else if (event.request === this.#editing) this.#notEdited(event);
    } else if (event.kind === "worksheet_opened" && event.request === this.#opening) {
      this.#opened(event);
    } else if ("worksheet" in event && event.worksheet === this.worksheet) {
      if (event.kind === "worksheet_updates") this.#take(event);
      else if (event.kind === "worksheet_edited" && event.request === this.#editing) this.#edited();
      else if (event.kind === "worksheet_presence") this.#meet(event);
      else if (event.kind === "worksheet_unsaved") this.#become(this.state, event.why);
      else if (event.kind === "worksheet_ended") this.#left(event);
    }
  }

  // ----------------------------------------------------------------- opening

  async #load(): Promise<void> {
    this.#before = await this.#kept.load();
    this.recovered = await this.#kept.recovered();
    this.changed();
  }

  #open(): void {
    clearTimeout(this.#pause);
    const { workspace, path, link } = this.#place;
    const epoch = this.#epoch || this.#before.epoch;
    const state = this.#epoch === "" ? "" : toBase64(Y.encodeStateVector(this.#doc));
    this.#opening = this.#line.send({ kind: "open_worksheet", workspace, path, link, epoch, state });
  }

  #opened(event: WorksheetOpened): void {
    this.worksheet = event.worksheet;
    this.role = event.role;
    this.name = event.name;
    this.#opening = 0;
    this.trouble = this.unsaved = "";
    this.#arriving = [];
    this.#epoch = event.epoch;
    this.#take(event);
  }

  #notOpened(failure: Failure): void {
    this.#opening = 0;
    if (failure.code === "other_epoch") void this.#openOther();
    else if (!this.#isPassing(failure)) this.#end(inWords(failure));
    else this.#again(failure, () => { this.#open(); });
  }

  /** Opens a worksheet of another epoch than that of which something is not saved. */
  async #openOther(): Promise<void> {
    await this.#recover();
    if (this.#epoch !== "") {
      // The document has the other one, and the two are never merged.
      this.#end(t("It has another content by now: load it anew."));
      return;
    }
    // There may be edits of more than one.
    this.#before = await this.#kept.load();
    if (this.#line.state === "open" && !this.#isEnded()) this.#open();
  }

  /** Takes an update, or a piece of one. */
  #take(event: WorksheetOpened | WorksheetUpdates): void {
    this.#arriving.push(fromBase64(event.update));
    if (event.more > 0) return;
    const update = joined(this.#arriving);
    this.#arriving = [];
    Y.applyUpdate(this.#doc, update, this);
    if (this.state === "opening") this.#isThere();
  }

  /** The worksheet is whole: send what it lacks. */
  #isThere(): void {
    const { edits } = this.#before;
    this.#before = NOTHING;
    for (const { update } of edits) Y.applyUpdate(this.#doc, update, this);
    this.#failures = 0;
    this.#become("open");
    this.#edits.begin(this.#epoch, edits);
    this.#send();
    this.#show();
  }

  // ----------------------------------------------------------------- editing

  #wrote(update: Uint8Array): void {
    this.#edits.add(update);
    this.#copyLater();
    this.changed();
  }

  #send(): void {
    if (this.state !== "open" || this.#editing !== 0) return;
    const update = this.#edits.next();
    if (update === undefined) return;
    this.#clock += 1;
    const { worksheet } = this;
    this.#editing = this.#line.send({ kind: "edit_worksheet", worksheet, epoch: this.#epoch, sender: this.#sender, clock: this.#clock, update: toBase64(update) });
  }

  #edited(): void {
    this.#editing = this.#failures = this.#missing = 0;
    this.trouble = "";
    this.#edits.acknowledge();
    if (this.unacknowledged === 0) this.#forgetCopy();
    this.changed();
    this.#send();
  }

  #notEdited(failure: Failure): void {
    this.#editing = 0;
    if (failure.code === "missing_updates" && this.#missing < MOST_MISSING) {
      this.#missing += 1;
      // The document has all that is not acknowledged, and what others wrote.
      this.#edits.replace(Y.encodeStateAsUpdate(this.#doc, fromBase64(failure.state ?? "AA==")));
      this.#send();
    } else if (failure.code === "unknown_worksheet") {
      this.#become("opening");
      this.#open();
    } else if (this.#isPassing(failure)) {
      this.#again(failure, () => { this.#send(); });
      if (failure.code === "no_space") this.#isFull(failure);
    } else {
      void this.#recover().then(() => { this.#end(inWords(failure)); });
    }
  }

  /** The server has ended it. */
  #left(event: WorksheetEnded): void {
    this.worksheet = "";
    this.people = [];
    this.#arriving = [];
    this.#editing = 0;
    if (event.reason === "other_epoch") {
      void this.#recover().then(() => { this.#end(t("It has another content by now: load it anew.")); });
      return;
    }
    this.#become("opening");
    if (event.reason === "rights") this.#open();
    else this.#again({ retry_after: 0 }, () => { this.#open(); });
  }

  /** Whether the same may be done a while later. */
  #isPassing({ code }: Failure): boolean {
    return ["unavailable", "internal", "full", "too_many", "draining", "no_space"].includes(code);
  }

  #again({ retry_after = 0, ...failure }: Partial<Failure>, work: () => void): void {
    this.trouble = failure.what === undefined ? "" : inWords(failure as Failure);
    this.#failures += 1;
    const pause = Math.max(retry_after * 1000, Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2));
    clearTimeout(this.#pause);
    this.#pause = setTimeout(work, pause);
    this.changed();
  }

  /** Says what is full, what somebody can do, and that nothing is lost meanwhile. */
  #isFull({ what, hint }: Failure): void {
    const stays = this.isKeeping ? t("Nothing is lost: what you write stays in this browser, and is sent when there is room again.") : t("Do not close this tab: what you write is sent when there is room again.");
    this.trouble = `${t("There is no more room: {why}.", { why: `${what}; ${hint}` })} ${stays}`;
    this.changed();
  }

  // ------------------------------------------------------------ what is kept

  /** Keeps the whole worksheet beside edits that wait for long, so that they can be read should it change. */
  #copyLater(): void {
    if (this.#copied) return;
    this.#copying ??= setTimeout(() => {
      this.#copying = undefined;
      if (this.unacknowledged === 0 || this.#epoch === "") return;
      this.#copied = true;
      void this.#kept.keepCopy(this.#epoch, Y.encodeStateAsUpdate(this.#doc));
    }, COPY_AFTER);
  }

  #forgetCopy(): void {
    clearTimeout(this.#copying);
    this.#copying = undefined;
    if (this.#copied) void this.#kept.forgetCopy();
    this.#copied = false;
  }

  /** Makes a notebook of what cannot be sent, if there is anything. */
  async #recover(): Promise<void> {
    const isHere = this.#epoch !== "";
    const edits = isHere ? this.#edits.drop() : this.#before.edits;
    const { copy } = this.#before;
    this.#before = NOTHING;
    if (edits.length === 0) return;
    const updates = isHere ? [Y.encodeStateAsUpdate(this.#doc)] : [...(copy === undefined ? [] : [copy]), ...edits.map(({ update }) => update)];
    const notebook = notebookOf(updates);
    this.recovered = [...this.recovered, notebook];
    this.changed();
    await this.#kept.recover(notebook, edits);
  }

  // ---------------------------------------------------------------- presence

  #show(): void {
    if (this.state !== "open" || this.#presence === undefined) return;
    this.#line.send({ kind: "show_presence", worksheet: this.worksheet, presence: presenceText(this.#presence) });
  }

  /** Takes where everybody is, or where those are who have moved. */
  #meet(said: WorksheetPresence): void {
    this.people = peopleAfter(this.people, said);
    this.changed();
  }

  // ------------------------------------------------------------------ states

  #isEnded(): boolean {
    return this.state === "ended";
  }

  #become(state: SyncState, unsaved = this.unsaved): void {
    this.state = state;
    this.unsaved = unsaved;
    this.changed();
  }

  #end(trouble: string): void {
    this.#forget();
    for (const timer of [this.#pause, this.#copying, this.#showing]) clearTimeout(timer);
    this.worksheet = "";
    this.people = [];
    this.trouble = trouble;
    this.#become("ended");
  }
}
