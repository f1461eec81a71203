/** Text as a terminal would show it: what programs mean by carriage return, backspace and cursor movements.
 *
 *  A carriage return goes back to the start of the line and erases nothing, so that `long\rx` shows `xong`;
 *  a progress bar that writes `\r` again and again stays one line. Lines are kept as text with the colour codes
 *  (SGR, ECMA-48 8.3.117) in it, each complete in itself; only a line that is written over is taken apart into
 *  its characters. No input can make this wrong, only slow: the cost is linear in the text.
 */

const ESCAPE = "\x1b";
/** A control sequence, an operating system command, any other escape, or one control character. */
// eslint-disable-next-line no-control-regex
const CONTROL = /\x1b\[([0-9;:?]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^[\]]?|\r*\n|[\r\b\x00-\x08\x0b-\x1f\x7f]/g;
/** A cursor may be moved up this far: enough for nested progress bars. */
const FARTHEST = 1000;

/** One place of a line: its character and the colour codes in force there. */
interface Place {
  character: string;
  style: string;
}

export class Terminal {
  /** Counts up when lines before the last one change, so that a view knows that it must draw them again. */
  rewritten = 0;
  /** Characters written in all. */
  length = 0;

  readonly #lines: string[] = [""];
  #row = 0;
  #column = 0;
  #style = "";
  /** The line of the cursor, taken apart; undefined while the cursor stands at its end. */
  #places: Place[] | undefined;
  /** `#lines` does not yet hold what `#places` holds. */
  #isDirty = false;
  /** An escape that the end of a piece of text has cut. */
  #rest = "";

  /** The lines, each with its colour codes; the last one may be unfinished. */
  get lines(): readonly string[] {
    this.#assemble();
    return this.#lines;
  }

  write(text: string): void {
    this.length += text.length;
    const all = this.#withoutCutEscape(this.#rest + text);
    let start = 0;
    for (const control of all.matchAll(CONTROL)) {
      if (control.index > start) this.#print(all.slice(start, control.index));
      start = control.index + control[0].length;
      this.#obey(control[0], control[1] ?? "", control[2] ?? "");
    }
    if (start < all.length) this.#print(all.slice(start));
  }

  #withoutCutEscape(text: string): string {
    const last = text.lastIndexOf(ESCAPE);
    // eslint-disable-next-line no-control-regex
    const isCut = last >= 0 && text.length - last < 64 && /^\x1b(\[[0-9;:?]*|\][^\x07\x1b]*)?$/.test(text.slice(last));
    this.#rest = isCut ? text.slice(last) : "";
    return isCut ? text.slice(0, last) : text;
  }

  #obey(control: string, parameters: string, final: string): void {
    if (control.endsWith("\n")) this.#newLine();
    else if (control === "\r") this.#moveTo(this.#row, 0);
    else if (control === "\b") this.#moveTo(this.#row, Math.max(0, this.#cursor() - 1));
    else if (final === "m") this.#paint(control, parameters);
    else if (final === "K") this.#eraseLine(parameters);
    else if (final === "A") this.#moveTo(this.#row - count(parameters), this.#cursor());
    else if (final === "B") this.#moveTo(this.#row + count(parameters), this.#cursor());
    else if (final === "C") this.#moveTo(this.#row, this.#cursor() + count(parameters));
    else if (final === "D") this.#moveTo(this.#row, this.#cursor() - count(parameters));
    else if (final === "G") this.#moveTo(this.#row, count(parameters) - 1);
  }

  #newLine(): void {
    this.#assemble();
    this.#places = undefined;
    this.#row += 1;
    if (this.#row === this.#lines.length) this.#lines.push(this.#style);
    else this.#moveTo(this.#row, 0);
  }

  #print(text: string): void {
    if (this.#places === undefined) {
      this.#lines[this.#row] = `${this.#lines[this.#row] ?? ""}${text}`;
      return;
    }
    this.#isDirty = true;
    for (const character of text) {
      while (this.#places.length < this.#column) this.#places.push({ character: " ", style: "" });
      this.#places[this.#column] = { character, style: this.#style };
      this.#column += 1;
    }
  }

  #paint(control: string, parameters: string): void {
    const isReset = parameters === "" || parameters === "0";
    const isLong = this.#style.length > 256;
    this.#style = isReset ? "" : isLong ? control : this.#style + control;
    if (this.#places === undefined) this.#lines[this.#row] = `${this.#lines[this.#row] ?? ""}${control}`;
  }

  #eraseLine(parameters: string): void {
    const places = this.#takeApart();
    this.#isDirty = true;
    if (parameters === "" || parameters === "0") places.length = Math.min(places.length, this.#column);
    else if (parameters === "2") places.length = 0;
    else for (let column = 0; column <= this.#column && column < places.length; column++) places[column] = { character: " ", style: "" };
  }

  #cursor(): number {
    if (this.#places !== undefined) return this.#column;
    this.#takeApart();
    return this.#column;
  }

  #moveTo(row: number, column: number): void {
    const target = Math.min(Math.max(row, 0, this.#lines.length - FARTHEST), this.#lines.length - 1);
    if (target !== this.#row) {
      this.#assemble();
      this.#places = undefined;
      this.#row = target;
      this.rewritten += 1;
    }
    this.#takeApart();
    this.#column = Math.max(0, Math.min(column, 10_000));
  }

  /** Takes the line of the cursor apart. The cursor stands at its end then, unless it was taken apart before. */
  #takeApart(): Place[] {
    if (this.#places !== undefined) return this.#places;
    const places: Place[] = [];
    let style = "";
    let start = 0;
    const line = this.#lines[this.#row] ?? "";
    const push = (text: string) => {
      for (const character of text) places.push({ character, style });
    };
    // eslint-disable-next-line no-control-regex
    for (const code of line.matchAll(/\x1b\[([0-9;:]*)m/g)) {
      push(line.slice(start, code.index));
      start = code.index + code[0].length;
      style = code[1] === "" || code[1] === "0" ? "" : style + code[0];
    }
    push(line.slice(start));
    this.#places = places;
    this.#column = places.length;
    return places;
  }

  /** Makes one text of the line of the cursor again, so that `lines` is true; the places are kept. */
  #assemble(): void {
    if (this.#places === undefined || !this.#isDirty) return;
    this.#isDirty = false;
    let line = "";
    let style = "";
    for (const place of this.#places) {
      if (place.style !== style) {
        line += `${ESCAPE}[0m${place.style}`;
        style = place.style;
      }
      line += place.character;
    }
    if (this.#style !== style) line += `${ESCAPE}[0m${this.#style}`;
    this.#lines[this.#row] = line;
  }
}

function count(parameters: string): number {
  return Math.min(Math.max(Number.parseInt(parameters, 10) || 1, 1), 10_000);
}

/** Returns a text without its colour codes. */
export function withoutCodes(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\x1b\[[0-9;:]*m/g, "");
}
