/** The code of a cell, and the field `.sagecell_commands` that is in step with it.
 *
 *  Pages read and write the field's `value`; that of the editor changes with it, and the other way round. A field
 *  has no event for a value that a script sets, so its own property `value` is laid over that of its class. What the
 *  field holds as text is the code too, for pages that read what stands in a cell.
 */
import { Watched } from "../watch";
import { text } from "./options";

const VALUE = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");

export class CodeText extends Watched {
  #text: string;

  constructor(readonly field: HTMLTextAreaElement, first: string) {
    super();
    this.#text = first;
    this.#write(first);
    Object.defineProperty(field, "value", {
      configurable: true,
      enumerable: true,
      get: () => this.text,
      set: (value: unknown) => { this.text = text(value); },
    });
    field.addEventListener("input", () => { this.text = this.#read(); });
  }

  get text(): string {
    return this.#text;
  }

  set text(given: string) {
    const lines = given.replace(/\r\n?/g, "\n");
    if (lines === this.#text) return;
    this.#text = lines;
    if (this.#read() !== lines) this.#write(lines);
    this.changed();
  }

  #read(): string {
    return VALUE?.get?.call(this.field) as string;
  }

  #write(code: string): void {
    this.field.textContent = code;
    VALUE?.set?.call(this.field, code);
  }
}
