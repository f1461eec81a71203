/** The connection to the server, which repairs itself.
 *
 *  A lost connection is opened again after a pause that doubles from 0.5 s to 15 s and is spread by chance,
 *  and at once when the network or the reader comes back. The server speaks at least every
 *  `heartbeat_seconds`; silence of 45 s counts as loss, since a dead network closes nothing.
 *  When the server says that it ends, the next connection is opened first; the old one speaks until it is left.
 *  What must survive a loss is the business of who sent it: `session.ts`.
 *
 *  A connection begins with a `hello` that shows a ticket, which the page fetches while the socket opens.
 */
import { coded } from "./language";
import { fetchTicket, openSocket, type Carrier, type Socket } from "./socket";
import { Watched } from "./watch";
import type { Event, Message, Request, Welcome } from "./wire";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const LONGEST_SILENCE = 45_000;
const LONGEST_OPENING = 10_000;
/** Time in which all is joined on a new connection, while the old one still speaks. */
const LEAVE_AFTER = 2_000;
/** Pause after which it is asked again whether something is bound to a connection that ends. */
const BOUND_AGAIN = 250;
/** Failures to open in a row after which the other carrier is tried. */
const PATIENCE = 2;

export type ConnectionState = "closed" | "opening" | "open" | "pausing";

export interface Listener {
  /** The server has greeted; what was under way on the last connection is to be taken up. */
  opened(): void;
  received(event: Event): void;
  lost(): void;
  /** What is under way belongs to this connection: another one could not go on with it. */
  readonly isBound?: boolean;
}

export class Connection extends Watched {
  state: ConnectionState = "closed";
  welcome: Welcome | undefined;
  /** Time of the next attempt by the reader's clock, in milliseconds, while `pausing`. */
  retryAt = 0;
  /** What has to be added to the reader's clock to have the server's, in seconds. */
  clockOffset = 0;

  /** What the server says of a quota that is nearly used, or empty. */
  quota = "";
  /** The server ends, and nothing new had better be begun on this connection. */
  isMoving = false;

  readonly #listeners = new Set<Listener>();
  #socket: Socket | undefined;
  #lastRequest = 0;
  #failures = 0;
  #carrier: Carrier = "websocket";
  #silence = 0;
  #pause = 0;
  #heardAt = 0;

  /** Opens the connection and keeps it open for as long as the page lives. */
  start(): void {
    addEventListener("online", () => {
      this.#wake();
      // The network may be another one, on which the old connection is dead without knowing it.
      if (this.state === "open") this.#move();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#wake();
    });
    void this.#open();
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends a request and returns its id, or 0 if there is no connection now. */
  send(request: Request): number {
    if (this.state !== "open" || this.#socket === undefined) return 0;
    const id = ++this.#lastRequest;
    this.#socket.send(JSON.stringify({ id, ...request }));
    return id;
  }

  /** The server's clock now, in seconds since the epoch. */
  get now(): number {
    return Date.now() / 1000 + this.clockOffset;
  }

  async #open(): Promise<void> {
    this.#become("opening");
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => { this.#lose(); }, LONGEST_OPENING);
    try {
      this.#socket = await this.#connect();
    } catch {
      this.#lose();
    }
  }

  /** Opens a socket beside the one there is, which is left when the new one has greeted; it stays if none does. */
  #move(): void {
    this.#connect().catch(() => undefined);
  }

  /** Moves when nothing is bound to this connection. The server ends it in any case. */
  #moveSoon(from: Socket): void {
    if (from !== this.#socket) return;
    if ([...this.#listeners].some(({ isBound }) => isBound === true)) setTimeout(() => { this.#moveSoon(from); }, BOUND_AGAIN);
    else this.#move();
  }

  async #connect(): Promise<Socket> {
    const fetching = fetchTicket();
    const socket = await openSocket(this.#carrier);
    socket.onopen = () => {
      void fetching.then((ticket) => { socket.send(JSON.stringify({ kind: "hello", id: ++this.#lastRequest, ticket })); });
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => { this.#hear(data, socket); };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lose();
    };
    return socket;
  }

  #hear(text: string, socket: Socket): void {
    this.#heardAt = Date.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => { this.#lose(); }, LONGEST_SILENCE);
    const message = JSON.parse(text) as Message;
    if (message.kind === "done" || message.kind === "ended") message.text = coded(message.kind, message.reason, message.text);
    if (message.kind === "heartbeat") {
      this.clockOffset = message.time - Date.now() / 1000;
    } else if (message.kind === "quota") {
      this.quota = message.text;
      this.changed();
    } else if (message.kind === "moving") {
      this.isMoving = true;
      this.#moveSoon(socket);
    } else if (message.kind === "welcome") {
      const old = this.#socket;
      if (old !== socket) setTimeout(() => old?.close(), LEAVE_AFTER);
      this.#socket = socket;
      this.isMoving = false;
      clearTimeout(this.#pause);
      this.welcome = message;
      this.quota = "";
      this.#failures = 0;
      this.#become("open");
      for (const listener of [...this.#listeners]) listener.opened();
    } else if (socket === this.#socket || message.session !== "") {
      // What has no session is told anew on each connection.
      for (const listener of [...this.#listeners]) listener.received(message);
    }
  }

  #lose(): void {
    const wasOpen = this.state === "open";
    this.#drop();
    if (!wasOpen) {
      this.#failures += 1;
      if (this.#failures % PATIENCE === 0) this.#carrier = this.#carrier === "websocket" ? "sockjs" : "websocket";
    }
    const longest = Math.min(LONGEST_PAUSE, 2 * FIRST_PAUSE * 2 ** this.#failures);
    const pause = longest * (0.5 + Math.random() / 2);
    this.retryAt = Date.now() + pause;
    this.#pause = setTimeout(() => void this.#open(), pause);
    this.#become("pausing");
    if (wasOpen) for (const listener of [...this.#listeners]) listener.lost();
  }

  #drop(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#pause);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** The network or the reader is back: do not wait any longer, and do not trust a connection that was silent. */
  #wake(): void {
    if (this.state === "open" && Date.now() - this.#heardAt > LONGEST_SILENCE) this.#lose();
    if (this.state !== "pausing") return;
    clearTimeout(this.#pause);
    void this.#open();
  }

  #become(state: ConnectionState): void {
    this.state = state;
    this.changed();
  }
}
