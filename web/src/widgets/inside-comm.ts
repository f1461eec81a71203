/** A comm as the models of widgets know it, between which and the session there is the page. */

type Callbacks = { iopub?: { status?: (message: unknown) => void } } | undefined;

/** Callbacks of the messages that the session has not taken yet, by their names. */
const sent = new Map<string, Callbacks>();
let last = 0;
/** Names are this frame's own: others show the same models. */
const own = crypto.getRandomValues(new Uint32Array(2)).join("-");

export class FrameComm {
  #onMessage: ((message: unknown) => void) | undefined;
  #onClose: ((message: unknown) => void) | undefined;
  /** What has come while the model was being made: its class may have to be loaded. */
  #early: (() => void)[] = [];

  constructor(readonly comm_id: string, readonly target_name: string) {}

  /** The session has taken a message: whoever waited for that may send the next. */
  static handled(name: string): void {
    const callbacks = sent.get(name);
    sent.delete(name);
    callbacks?.iopub?.status?.({ content: { execution_state: "idle" } });
  }

  hear(what: "message" | "closed", message: unknown): void {
    const tell = () => { if (what === "closed") this.#onClose?.(message); else this.#onMessage?.(message); };
    if (this.#onMessage === undefined) this.#early.push(tell);
    else tell();
  }

  on_msg(callback: (message: never) => void): void {
    this.#onMessage = callback as (message: unknown) => void;
    // The model sets itself up until it returns from here.
    queueMicrotask(() => { for (const tell of this.#early.splice(0)) tell(); });
  }

  on_close(callback: (message: never) => void): void {
    this.#onClose = callback as (message: unknown) => void;
  }

  send(data: unknown, callbacks?: unknown, _metadata?: unknown, buffers?: (ArrayBuffer | ArrayBufferView)[]): string {
    last += 1;
    const message = `${own}-${last}`;
    sent.set(message, callbacks as Callbacks);
    parent.postMessage({ kind: "comm", comm: this.comm_id, message, data: JSON.stringify(data), buffers: (buffers ?? []).map(copied) }, "*");
    return message;
  }

  /** Opens nothing: the session opens comms, and the page lets no other through. */
  open(): string {
    return "";
  }

  /** The session closes its comms itself. */
  close(): string {
    return "";
  }
}

function copied(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  if (buffer instanceof ArrayBuffer) return buffer.slice(0);
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength).slice().buffer;
}
