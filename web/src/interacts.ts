/** Interacts in links: what their controls stand at, and their bookmarks.
 *
 *  A link has `[{"cell": 0, "state": {"x": 3}, "bookmarks": [{"name": "far", "state": {"x": 9}}]}]`, as SageMathCell has
 *  it but for `cell`, which says in which cell of the link the interact is (the first, if it is left out); of several
 *  in one cell the order is that in which they are shown. Those that an interact makes while it runs are not among them.
 *
 *  Whoever opens a link brings nothing into the session but what the page says here, by the widget in which an
 *  interact keeps its state: each control takes the value only if its reader could have set it. So it is after each
 *  evaluation of the cell as it came; after a reload the controls stay as the reader has left them.
 */
import type { Cell } from "./cell";
import { fieldsOf, listOf, textOf, type Fields } from "./content";
import type { Evaluation } from "./evaluation";
import { t } from "./language";
import type { Notebook } from "./notebook";
import { LONGEST_INTERACTS, type LinkedCell } from "./permalink";
import type { Session } from "./session";
import { lineOf } from "./widgets/session-line";
import { stateOf } from "./widgets/widgets";

const METADATA = "sagews_interact";
const MOST_INTERACTS = 100;
const MOST_BOOKMARKS = 100;
const MOST_CONTROLS = 1_000;
const LONGEST_NAME = 200;
/** Milliseconds before a state is told again that did not reach the session. */
const AGAIN = 2_000;

export interface Kept {
  /** Place of its cell in the link. */
  cell: number;
  state: Fields;
  bookmarks: { name: string; state: Fields }[];
}

// ------------------------------------------------------------------- making a link

/** Returns the text for a link; empty if no cell shows an interact of this session. */
export function statesOf(cells: readonly Pick<Cell, "evaluation">[], session: Session): string {
  const kept = cells.flatMap(({ evaluation }, cell) => {
    if (evaluation === undefined || evaluation.isPast || evaluation.run !== undefined) return [];
    return shownBy(evaluation).map((about) => keptOf(cell, about, stateOf(lineOf(session), textOf(about["saved"]))));
  });
  const text = kept.length === 0 ? "" : JSON.stringify(kept.slice(0, MOST_INTERACTS));
  return text.length > LONGEST_INTERACTS ? "" : text;
}

function keptOf(cell: number, about: Fields, now: Fields = {}): Kept {
  const bookmarks = listOf(now["bookmarks"]).map(listOf).map(([name, state]) => ({ name: textOf(name), state: fieldsOf(state) }));
  return { cell, state: fieldsOf(now["state"] ?? about["state"]), bookmarks };
}

/** What the views of interacts of an evaluation say of them, in their order. */
function shownBy(evaluation: Evaluation): Fields[] {
  return evaluation.outputs.shapes.flatMap((shape) => {
    const about = shape.kind === "display" ? fieldsOf(shape.bundle.metadata[METADATA]) : {};
    return textOf(about["saved"]) === "" ? [] : [about];
  });
}

// ------------------------------------------------------------------ opening a link

/** Returns what a link says of interacts, checked; undefined if it cannot be read. */
export function readStates(text: string): Kept[] | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (text.length > LONGEST_INTERACTS || !Array.isArray(found) || found.length > MOST_INTERACTS) return undefined;
  const kept = found.map(fieldsOf).map((fields) => ({
    cell: typeof fields["cell"] === "number" ? fields["cell"] : 0,
    state: fieldsOf(fields["state"]),
    bookmarks: listOf(fields["bookmarks"]).map(fieldsOf).map((mark) => ({ name: textOf(mark["name"]), state: fieldsOf(mark["state"]) })),
  }));
  return kept.every(isFine) ? kept : undefined;
}

function isFine({ state, bookmarks }: Kept): boolean {
  const states = [state, ...bookmarks.map((mark) => mark.state)];
  const names = [...states.flatMap(Object.keys), ...bookmarks.map(({ name }) => name)];
  return bookmarks.length <= MOST_BOOKMARKS && states.every((each) => Object.keys(each).length <= MOST_CONTROLS) && names.every((name) => name.length <= LONGEST_NAME);
}

/** Has interacts of the cells of a link stand as it says. */
export function stand(notebook: Notebook, { cells, interacts: text }: { cells: readonly LinkedCell[]; interacts?: string | null }): void {
  if (text === undefined || text === "") return;
  const kept = text === null ? undefined : readStates(text);
  const said = kept === undefined ? t("The values of its controls cannot be read: they begin as the code says.") : t("It brings values for controls, which are set after you have evaluated it.");
  if (kept === undefined || (kept.length > 0 && notebook.notice !== undefined)) notebook.say({ text: [notebook.notice?.text ?? "", said].join(" ").trim() });
  if (kept === undefined || kept.length === 0) return;
  const seen = new Seen();
  cells.forEach(({ code }, place) => {
    const own = kept.filter((each) => each.cell === place);
    const there = notebook.cells[place];
    // After a reload cells may stand elsewhere.
    const cell = there?.code === code ? there : (notebook.cells.find((each) => each.code === code) ?? there);
    if (own.length > 0 && cell !== undefined) new Standing(notebook, cell, code, own, seen);
  });
}

/** The interacts of one cell, each of whose evaluations has them stand as the link says. */
class Standing {
  #evaluation: Evaluation | undefined;
  #stop: () => void = () => undefined;

  constructor(readonly notebook: Notebook, readonly cell: Cell, readonly code: string, readonly kept: readonly Kept[], readonly seen: Seen) {
    cell.watch(() => { this.#follow(); });
    this.#follow();
  }

  #follow(): void {
    const { evaluation } = this.cell;
    if (evaluation === this.#evaluation) return;
    this.#stop();
    this.#evaluation = evaluation;
    if (evaluation?.code !== this.code || evaluation.run !== undefined || this.seen.has(evaluation.id)) return;
    this.#stop = haveStand(evaluation, () => this.notebook.session, this.kept, () => { this.seen.add(evaluation.id); });
  }
}

/** Has the interacts of an evaluation stand as is kept, in their order, each when it is shown; calls `told` for each.
 *  Returns what stops that.
 */
export function haveStand(evaluation: Evaluation, session: () => Session | undefined, kept: readonly Kept[], told: () => void = () => undefined): () => void {
  let count = 0;
  const look = () => {
    const there = session();
    for (const about of there === undefined ? [] : shownBy(evaluation).slice(count, kept.length)) {
      const one = kept[count];
      count += 1;
      told();
      if (there !== undefined && one !== undefined) void tell(there, evaluation.id, textOf(about["saved"]), one);
    }
  };
  const stop = evaluation.outputs.watch(look);
  look();
  return stop;
}

/** The session takes it when what runs has ended: an interact has then run once, and runs once more. */
async function tell(session: Session, evaluation: string, saved: string, { state, bookmarks }: Kept): Promise<void> {
  const changed = { ...(bookmarks.length === 0 ? {} : { bookmarks: bookmarks.map((mark) => [mark.name, mark.state]) }), ...(Object.keys(state).length === 0 ? {} : { state }) };
  const body = JSON.stringify({ comm_id: saved, data: { method: "update", state: changed, buffer_paths: [] } });
  const line = lineOf(session);
  while (line.mayTell && !(await line.tell(evaluation, { comm_kind: "message", body, buffers: [] }))) {
    await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
  }
}

/** Evaluations that were told, for as long as this tab lives: a reload tells nothing twice. */
class Seen {
  readonly #key = `sagews.stood${location.search}`;
  readonly #ids: string[];

  constructor() {
    try {
      this.#ids = (sessionStorage.getItem(this.#key) ?? "").split(" ");
    } catch {
      this.#ids = [];
    }
  }

  has(id: string): boolean {
    return this.#ids.includes(id);
  }

  add(id: string): void {
    if (this.has(id)) return;
    this.#ids.push(id);
    try {
      sessionStorage.setItem(this.#key, this.#ids.slice(-50).join(" "));
    } catch {
      // It is told again, then.
    }
  }
}
