/** The content of an output, read from the JSON text that a session wrote.
 *
 *  It is hostile: each reader takes the fields that it knows, with the type that they should have, and
 *  nothing else. The shapes are those of the content of Jupyter's messages.
 */

export type Fields = Readonly<Record<string, unknown>>;

/** One thing in several forms: by MIME type, text or (for JSON types) any value. */
export interface MimeBundle {
  data: Fields;
  metadata: Fields;
  /** Empty: it cannot be updated. */
  displayId: string;
}

export interface Traceback {
  name: string;
  value: string;
  /** Text with ANSI colours. */
  text: string;
  /** Which cell each `In[n]` of the text was. */
  cells: ReadonlyMap<number, string>;
}

export interface Question {
  prompt: string;
  password: boolean;
}

export interface Matches {
  matches: string[];
  /** Range that they replace, in code points. */
  start: number;
  end: number;
  /** Kinds of the matches, by IPython's experimental metadata; as long as `matches` or empty. */
  types: string[];
}

/** Returns the fields of a JSON object; none if the text is not one. */
export function readFields(body: string): Fields {
  try {
    return fieldsOf(JSON.parse(body) as unknown);
  } catch {
    return {};
  }
}

export function readMimeBundle(body: string): MimeBundle {
  const fields = readFields(body);
  return {
    data: fieldsOf(fields["data"]),
    metadata: fieldsOf(fields["metadata"]),
    displayId: textOf(fieldsOf(fields["transient"])["display_id"]),
  };
}

export function readTraceback(body: string): Traceback {
  const fields = readFields(body);
  const name = textOf(fields["ename"]);
  const value = textOf(fields["evalue"]);
  const lines = listOf(fields["traceback"]).map(textOf);
  const cells = Object.entries(fieldsOf(fields["cells"])).map(([count, cell]): [number, string] => [Number(count), textOf(cell)]);
  return { name, value, text: lines.length > 0 ? lines.join("\n") : `${name}: ${value}`, cells: new Map(cells) };
}

export function readStream(body: string): { name: "stdout" | "stderr"; text: string } {
  const fields = readFields(body);
  return { name: fields["name"] === "stderr" ? "stderr" : "stdout", text: textOf(fields["text"]) };
}

export function readQuestion(body: string): Question {
  const fields = readFields(body);
  return { prompt: textOf(fields["prompt"]), password: fields["password"] === true };
}

export function readMatches(body: string): Matches {
  const fields = readFields(body);
  const matches = listOf(fields["matches"]).map(textOf);
  const kinds = listOf(fieldsOf(fields["metadata"])["_jupyter_types_experimental"]).map((kind) => textOf(fieldsOf(kind)["type"]));
  return {
    matches,
    start: numberOf(fields["cursor_start"]),
    end: numberOf(fields["cursor_end"]),
    types: kinds.length === matches.length ? kinds : [],
  };
}

/** Returns a value as text. Long texts may come as a list of their lines, as in notebook files. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(textOf).join("");
  return typeof value === "number" ? String(value) : "";
}

export function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
