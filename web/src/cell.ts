/** One cell: the code in its editor and its latest evaluation. */
import type { Evaluation } from "./evaluation";
import { Watched } from "./watch";

export class Cell extends Watched {
  #code: string;
  #language: string;
  #evaluation: Evaluation | undefined;

  constructor(
    readonly id: string,
    code: string,
    language = "",
  ) {
    super();
    this.#code = code;
    this.#language = language;
  }

  get code(): string {
    return this.#code;
  }

  set code(code: string) {
    if (code === this.#code) return;
    this.#code = code;
    this.changed();
  }

  /** That of the code; empty: the site's own. */
  get language(): string {
    return this.#language;
  }

  set language(language: string) {
    if (language === this.#language) return;
    this.#language = language;
    this.changed();
  }

  write(code: string, language: string): void {
    this.code = code;
    this.language = language;
  }

  get evaluation(): Evaluation | undefined {
    return this.#evaluation;
  }

  set evaluation(evaluation: Evaluation | undefined) {
    this.#evaluation = evaluation;
    this.changed();
  }

  get isEmpty(): boolean {
    return this.#code.trim() === "";
  }

  /** Something else was evaluated last than what stands in it. */
  get isEdited(): boolean {
    const evaluation = this.#evaluation;
    return evaluation !== undefined && (evaluation.code !== this.#code || evaluation.language !== this.#language);
  }

  /** Its evaluation by itself, while that waits or runs. */
  get run(): Evaluation | undefined {
    return this.isBusy && this.#evaluation?.run !== undefined ? this.#evaluation : undefined;
  }

  /** An evaluation of it waits or runs. */
  get isBusy(): boolean {
    return this.#evaluation !== undefined && !this.#evaluation.hasEnded;
  }
}

/** Returns a name that nobody else has chosen, for a cell or an evaluation; of 18 bytes, nobody can guess it either. */
export function newName(bytes = 9): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...random)).replaceAll("+", "-").replaceAll("/", "_");
}
