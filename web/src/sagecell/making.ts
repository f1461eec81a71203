/** `makeSagecell`: cells at the places that a page names, and the objects that it gets for them. */
import { newName } from "../cell";
import { codeOf } from "./code";
import type { Links } from "./links";
import { effective, text, together, type Given } from "./options";
import { t } from "./own-words";
import { PageCell, type WithLive } from "./page-cell";
import { elementsAt } from "./places";

/** What a page gets for each cell: all that it gave, and what came of it. */
export type CellInfo = Record<string, unknown>;

export class Making {
  /** Is told of each cell that was made. */
  onMade: (cell: PageCell) => void = () => undefined;

  readonly #links: Links;
  readonly #withLive: WithLive;
  /** Places that have a cell: making one twice changes nothing. */
  readonly #made = new WeakSet<Element>();
  readonly #cells = new WeakMap<CellInfo, PageCell>();

  constructor(links: Links, withLive: WithLive) {
    this.#links = links;
    this.#withLive = withLive;
  }

  /** Makes a cell at each place and fills the object; returns whether there was a place. */
  make(given: Given, info: CellInfo): boolean {
    const inputs = elementsAt(given["inputLocation"]);
    const [first, ...others] = inputs;
    if (first === undefined) return false;
    const key = text(given["linkKey"]);
    if (others.length === 0) {
      this.#one(given, first, key !== "" ? this.#links.of(key) : this.#links.own(), info);
      return true;
    }
    if (given["outputLocation"] !== undefined) throw new Error("inputLocation must be unique if outputLocation is specified");
    const together = key !== "" ? this.#links.of(key) : given["linked"] ? this.#links.own() : undefined;
    // The order in which such cells would run is nobody's intention.
    const each = given["linked"] && key === "" ? { ...given, autoeval: false } : given;
    info["array"] = inputs.map((input) => {
      const one: CellInfo = {};
      this.#one({ ...each, inputLocation: input }, input, together ?? this.#links.own(), one);
      return one;
    });
    return true;
  }

  /** Returns the cells that an object stands for. */
  cellsOf(info: CellInfo): PageCell[] {
    const one = this.#cells.get(info);
    if (one !== undefined) return [one];
    return Array.isArray(info["array"]) ? (info["array"] as CellInfo[]).flatMap((each) => this.cellsOf(each)) : [];
  }

  #one(given: Given, place: HTMLElement, k: number, info: CellInfo): void {
    if (this.#made.has(place)) return;
    this.#made.add(place);
    const code = codeOf(given, place);
    const all = together(given);
    all["evalButtonText"] ??= t("Evaluate");
    const options = effective(all);
    const { input, field } = placeOf(place);
    this.#made.add(input);
    const outputLocation = given["outputLocation"];
    const output = outputLocation === undefined ? input : elementsAt(outputLocation)[0];
    if (output === undefined) throw new Error("outputLocation names nothing that is in the page");
    const cell = new PageCell(input, output, field, code, options, k, this.#links, this.#withLive);
    Object.assign(info, all, {
      code,
      inputLocation: input === place ? given["inputLocation"] : `#${input.id}`,
      outputLocation: outputLocation ?? (input === place ? given["inputLocation"] : `#${input.id}`),
      editorData: cell.editor ?? { k },
      submit: () => cell.evaluate(),
    });
    Object.defineProperty(info, "session", { configurable: true, enumerable: true, get: () => cell.session });
    this.#cells.set(info, cell);
    this.onMade(cell);
    // After whoever makes the cell has its object.
    setTimeout(() => {
      if (code !== "" && options.autoeval) cell.markup.button.click();
      options.callback?.();
    });
  }
}

/** Returns the element that becomes the cell, and the field for its code. A field that stands in the page is kept. */
function placeOf(place: HTMLElement): { input: HTMLElement; field: HTMLTextAreaElement } {
  if (!(place instanceof HTMLTextAreaElement)) return { input: place, field: document.createElement("textarea") };
  const input = document.createElement("div");
  input.id = `input_${newName()}`;
  place.before(input);
  return { input, field: place };
}
