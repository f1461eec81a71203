/** What a reader wrote in a worksheet and the server does not have: gathered, kept, sent in order, forgotten. */
import * as Y from "yjs";

import { inPieces } from "./pieces";
import type { KeptEdit, KeptEdits } from "./kept-edits";

/** Milliseconds for which keystrokes are gathered. */
const GATHERED = 40;
/** Edits that are sent as one, and their bytes. */
const MOST_AT_ONCE = 500;
const MOST_BYTES = 256 << 10;

export class Edits {
  /** Is called when there is something to send. */
  onReady: () => void = () => undefined;
  readonly #kept: KeptEdits;
  #epoch = "";
  #gathered: Uint8Array[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting: KeptEdit[] = [];
  /** What is being sent: so many of those that wait, as these pieces. */
  #sent = { edits: 0, pieces: [] as Uint8Array[] };

  constructor(kept: KeptEdits) {
    this.#kept = kept;
  }

  /** Edits that the server has not acknowledged. */
  get count(): number {
    return this.#waiting.length + this.#gathered.length;
  }

  get all(): readonly KeptEdit[] {
    return this.#waiting;
  }

  /** Begins with those that were kept of a worksheet of this epoch, and keeps what is added as of that. */
  begin(epoch: string, kept: readonly KeptEdit[]): void {
    this.#epoch = epoch;
    this.#waiting = [...kept, ...this.#waiting];
    this.flush();
  }

  add(update: Uint8Array): void {
    this.#gathered.push(update);
    this.#timer ??= setTimeout(() => { this.flush(); }, GATHERED);
  }

  /** Keeps what is gathered, to be sent. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#epoch === "" || this.#gathered.length === 0) return;
    const update = Y.mergeUpdates(this.#gathered);
    this.#gathered = [];
    this.#waiting.push(this.#kept.keep(this.#epoch, update));
    this.onReady();
  }

  /** Returns the next piece to send; the same until it is acknowledged. */
  next(): Uint8Array | undefined {
    if (this.#sent.pieces.length === 0 && this.#waiting.length > 0) {
      let edits = 0;
      for (let bytes = 0; edits < Math.min(this.#waiting.length, MOST_AT_ONCE) && (edits === 0 || bytes < MOST_BYTES); edits += 1) {
        bytes += this.#waiting[edits]?.update.length ?? 0;
      }
      const updates = this.#waiting.slice(0, edits).map(({ update }) => update);
      this.#sent = { edits, pieces: inPieces(updates.length === 1 && updates[0] !== undefined ? updates[0] : Y.mergeUpdates(updates)) };
    }
    return this.#sent.pieces[0];
  }

  /** The piece that was sent is durable. */
  acknowledge(): void {
    const { edits, pieces } = this.#sent;
    pieces.shift();
    if (pieces.length > 0) return;
    this.#sent.edits = 0;
    void this.#kept.forget(this.#waiting.splice(0, edits));
  }

  /** Sends this in place of all that waits: it has all of it. */
  replace(whole: Uint8Array): void {
    this.flush();
    this.#sent = { edits: this.#waiting.length, pieces: inPieces(whole) };
  }

  /** Gives up all of it: it cannot be sent. */
  drop(): readonly KeptEdit[] {
    this.flush();
    clearTimeout(this.#timer);
    this.#sent = { edits: 0, pieces: [] };
    return this.#waiting.splice(0);
  }
}
