/** What an evaluation has put out, as a list of the things to show. Thinking only: nothing here draws. */
import { readFields, readMimeBundle, readQuestion, readStream, readTraceback } from "./content";
import type { MimeBundle, Question, Traceback } from "./content";
import { t, tn } from "./language";
import { Terminal } from "./terminal";
import { Watched } from "./watch";
import { bytesInWords } from "./words";
import type { Gap, InputTaken, Output, Truncated } from "./wire";

interface Shown {
  /** Sequence number of the event that made it; unique in the session. */
  key: number;
  /** Written after its evaluation had ended, by something left running. */
  late: boolean;
}

export interface Stream extends Shown {
  kind: "stream";
  name: "stdout" | "stderr";
  terminal: Terminal;
}

export interface Display extends Shown {
  kind: "display";
  bundle: MimeBundle;
}

export interface Fault extends Shown {
  kind: "fault";
  traceback: Traceback;
}

export interface Prompt extends Shown {
  kind: "prompt";
  question: Question;
  isOpen: boolean;
  /** What this page answered; never a password. */
  answer: string;
}

/** Something that the page says about the outputs. */
export interface Remark extends Shown {
  kind: "remark";
  text: string;
}

export type Shape = Stream | Display | Fault | Prompt | Remark;

const encoder = new TextEncoder();

export class Outputs extends Watched {
  shapes: Shape[] = [];
  /** Bytes of all outputs that came, as the limit counts them: UTF-8 of text, JSON of anything else. */
  bytes = 0;
  /** Changes of all kinds so far. */
  version = 0;

  /** A `clear_output(wait=True)` came: what is shown goes when the next output comes. */
  #clearsNext = false;

  add(event: Output): void {
    if (event.output_kind !== "stream") this.count(event.body);
    const shown = { key: event.sequence, late: event.late === true };
    if (event.output_kind === "clear_output") {
      this.#clear(readFields(event.body)["wait"] === true);
      return;
    }
    if (this.#clearsNext) this.#clear(false);
    switch (event.output_kind) {
      case "stream":
        this.#write(event, shown);
        break;
      case "display_data":
      case "execute_result":
        this.#put({ kind: "display", ...shown, bundle: readMimeBundle(event.body) });
        break;
      case "error":
        this.#put({ kind: "fault", ...shown, traceback: readTraceback(event.body) });
        break;
      case "input_request":
        this.#put({ kind: "prompt", ...shown, question: readQuestion(event.body), isOpen: true, answer: "" });
        break;
      default:
        break;
    }
  }

  /** Drops everything: what comes next is told from the start. */
  restart(): void {
    this.#clearsNext = false;
    this.bytes = 0;
    this.shapes = [];
    this.#drawn();
  }

  count(text: string): void {
    this.bytes += encoder.encode(text).length;
  }

  /** Shows a new content wherever this display id is shown. */
  update(bundle: MimeBundle): void {
    const replace = (shape: Shape): Shape =>
      shape.kind === "display" && shape.bundle.displayId === bundle.displayId ? { ...shape, bundle } : shape;
    if (!this.shapes.some((shape) => replace(shape) !== shape)) return;
    this.shapes = this.shapes.map(replace);
    this.#drawn();
  }

  truncate(event: Truncated): void {
    const limit = event.limit > 0 ? bytesInWords(event.limit) : t("{count} pieces a second", { count: event.event_rate });
    this.remark(event.sequence, t("The output limit of {limit} was reached here. What followed was cut.", { limit }));
  }

  miss(event: Gap): void {
    this.remark(event.sequence, missing(event));
  }

  remark(key: number, text: string): void {
    this.#put({ kind: "remark", key, late: false, text });
  }

  /** Remembers what the reader answered, to show it with the question. */
  answered(key: number, answer: string): void {
    this.#change(key, (prompt) => ({ ...prompt, isOpen: false, answer: prompt.question.password ? "" : answer }));
  }

  take(event: InputTaken): void {
    this.#change(event.input_sequence, (prompt) => ({ ...prompt, isOpen: false }));
  }

  /** Nobody waits for an answer any more. */
  closePrompts(): void {
    for (const shape of this.shapes) {
      if (shape.kind === "prompt") this.#change(shape.key, (prompt) => ({ ...prompt, isOpen: false }));
    }
  }

  #write(event: Output, shown: Shown): void {
    const { name, text } = readStream(event.body);
    this.count(text);
    const last = this.shapes.at(-1);
    if (last?.kind === "stream" && last.name === name && last.late === shown.late) {
      last.terminal.write(text);
      this.#drawn();
      return;
    }
    const terminal = new Terminal();
    terminal.write(text);
    this.#put({ kind: "stream", ...shown, name, terminal });
  }

  #clear(waits: boolean): void {
    this.#clearsNext = waits;
    if (waits) return;
    this.shapes = this.shapes.filter((shape) => shape.kind === "prompt" && shape.isOpen);
    this.#drawn();
  }

  #put(shape: Shape): void {
    this.shapes = [...this.shapes, shape];
    this.#drawn();
  }

  #change(key: number, change: (prompt: Prompt) => Prompt): void {
    this.shapes = this.shapes.map((shape) => (shape.kind === "prompt" && shape.key === key ? change(shape) : shape));
    this.#drawn();
  }

  #drawn(): void {
    this.version += 1;
    this.changed();
  }
}

/** Returns in words what a gap lacks. */
export function missing(gap: Gap): string {
  return tn("{count} event ({size}) of this session is missing here: the server no longer keeps it.", "{count} events ({size}) of this session are missing here: the server no longer keeps them.", gap.events, { size: bytesInWords(gap.bytes) });
}
