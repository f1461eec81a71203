/** What the frames of one session say to it: all of it, once, in the order in which they said it.
 *
 *  Nothing is dropped for being quick: a press that is lost ends no drag. Some messages are under way at once, so that
 *  a pointer is not slower than the way to the session. What did not get there is sent again in its order; the session
 *  knows by the names of messages which it has taken. Nothing here is merged: models do that with their own states.
 */
import type { CommLine, CommMessage } from "./line";

/** Messages under way: a backend takes 16 of one page (`worksheets/places.py`). */
const UNDER_WAY = 8;
/** Messages a second, and at once; more wait. */
const RATE = 200;
const BURST = 240;
/** Messages that wait, and their characters, since a session takes none while a cell runs; beyond, they are lost. */
const MOST_WAITING = 4_000;
const MOST_SIZE = 32 << 20;
/** Milliseconds before what did not reach the session is sent again. */
const AGAIN = 1_000;

interface Waiting {
  evaluation: string;
  message: CommMessage;
  size: number;
  isSent: boolean;
  settle: () => void;
}

export class Outbox {
  readonly #line: Pick<CommLine, "tell" | "mayTell">;
  readonly #waiting: Waiting[] = [];
  #size = 0;
  #underWay = 0;
  /** One did not get there: those behind it wait until it is clear which others did. */
  #isUnsure = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tokens = BURST;
  #at = 0;

  constructor(line: Pick<CommLine, "tell" | "mayTell">) {
    this.#line = line;
  }

  /** Has the session take a message for a view that an evaluation shows; resolves when it did, or never will. */
  put(evaluation: string, message: CommMessage): Promise<void> {
    const size = message.buffers.reduce((sum, each) => sum + each.length, message.body.length);
    if (!this.#line.mayTell || this.#waiting.length >= MOST_WAITING || this.#size + size > MOST_SIZE) return Promise.resolve();
    this.#size += size;
    return new Promise((settle) => {
      this.#waiting.push({ evaluation, message, size, isSent: false, settle });
      this.#send();
    });
  }

  #send(): void {
    while (!this.#isUnsure && this.#timer === undefined && this.#underWay < UNDER_WAY) {
      const next = this.#waiting.find(({ isSent }) => !isSent);
      if (next === undefined) return;
      if (!this.#mayNow()) {
        this.#sendIn(1_000 / RATE);
        return;
      }
      next.isSent = true;
      this.#underWay += 1;
      void this.#line.tell(next.evaluation, next.message).then((isTaken) => { this.#hear(next, isTaken); });
    }
  }

  #hear(told: Waiting, isTaken: boolean): void {
    this.#underWay -= 1;
    told.isSent = false;
    if (isTaken) this.#forget(told);
    else if (this.#line.mayTell) this.#isUnsure = true;
    else for (const each of [...this.#waiting]) this.#forget(each);
    if (this.#isUnsure && this.#underWay === 0) {
      this.#isUnsure = false;
      this.#sendIn(AGAIN);
    }
    this.#send();
  }

  #forget(told: Waiting): void {
    const place = this.#waiting.indexOf(told);
    if (place < 0) return;
    this.#waiting.splice(place, 1);
    this.#size -= told.size;
    told.settle();
  }

  #sendIn(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#send();
    }, milliseconds);
  }

  #mayNow(): boolean {
    const now = performance.now() / 1000;
    this.#tokens = Math.min(BURST, this.#tokens + (now - this.#at) * RATE);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
