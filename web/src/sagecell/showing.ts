/** What is shown of one evaluation of a cell: where it stands, what it has put out, its files, and how to share it. */
import type { Evaluation } from "../evaluation";
import { statesOf } from "../interacts";
import { t } from "../language";
import { at } from "../site";
import type { GoTo } from "../traceback";
import { placeInWords } from "../words";
import { lineOf } from "../widgets/session-line";
import outputsStyle from "../outputs.css";
import { Blocks } from "./blocks";
import type { CellSession } from "./cell-session";
import { made } from "./markup";
import type { PageCell } from "./page-cell";
import { showFiles } from "./produced-files";
import { scoped } from "./scoped-style";
import { shareView } from "./share";

export class Showing {
  readonly element: HTMLElement;

  readonly #output: HTMLElement;
  readonly #standing = made("span", "sagecell_standing");
  readonly #stop = made("button", "sagecell_stop", t("Stop"));
  readonly #spinner = made("span", "sagecell_spinner");
  readonly #files = made("div", "sagecell_sessionFiles");
  readonly #stopWatching: (() => void)[];

  constructor(cell: PageCell, readonly evaluation: Evaluation, readonly session: CellSession, goTo: GoTo) {
    this.#output = made("div", "sagecell_sessionOutput sagecell_active", this.#spinner);
    this.#spinner.setAttribute("aria-hidden", "true");
    this.#standing.setAttribute("role", "status");
    this.#stop.type = "button";
    this.#stop.addEventListener("click", () => { session.interrupt(); });
    const powered = made("div", "sagecell_poweredBy", linkTo("help.html", t("Help")), " | ", t("Powered by"), " ", linkTo("", "sagews"));
    this.element = made("div", "sagecell_sessionContainer", made("div", "sagecell_running", this.#standing, this.#stop), this.#output, powered, this.#files);
    if (!cell.hides("permalink")) this.element.prepend(shareView({ code: evaluation.code, language: evaluation.language }, () => (session.session === undefined ? "" : statesOf([{ evaluation }], session.session))));
    if (cell.hides("sessionFiles")) this.#files.style.display = "none";
    cell.markup.output.prepend(this.element);
    new Blocks(this.#output, evaluation, {
      place: () => this.#place,
      reply: (sequence, text) => { session.reply(sequence, text); },
      goTo,
    });
    this.#stopWatching = [evaluation.watch(() => { this.#draw(); }), session.watch(() => { this.#draw(); })];
    this.#draw();
  }

  /** Whether it shows controls, which work only as long as their session lives. */
  get hasControls(): boolean {
    return this.evaluation.outputs.shapes.some((shape) => shape.kind === "display" && "application/vnd.jupyter.widget-view+json" in shape.bundle.data);
  }

  /** Shows the files that there are; resolves to whether there are any. */
  async findFiles(): Promise<boolean> {
    const ticket = this.session.session?.ticket;
    return ticket !== undefined && (await showFiles(this.#files, ticket));
  }

  remove(): void {
    for (const stop of this.#stopWatching) stop();
    this.element.remove();
  }

  get #place() {
    const { session } = this.session;
    return session === undefined || this.evaluation.isPast ? undefined : { line: lineOf(session), evaluation: this.evaluation.id };
  }

  #draw(): void {
    const { evaluation, session } = this;
    const { hasEnded } = evaluation;
    this.#spinner.style.display = this.#stop.style.display = hasEnded ? "none" : "";
    this.#output.classList.toggle("sagecell_active", !session.hasEnded);
    const words = this.#words();
    if (this.#standing.textContent !== words) this.#standing.textContent = words;
  }

  /** Where it stands, in a few words; none where the outputs say it. */
  #words(): string {
    const { evaluation, session } = this;
    if (!evaluation.hasEnded && session.isOutOfReach) return t("The connection is lost; it is being opened again.");
    switch (evaluation.state) {
      case "sending": {
        const line = session.session?.line;
        return line === undefined ? t("sending…") : placeInWords(line.place);
      }
      case "waiting":
        return t("about to run");
      case "running":
        return t("running");
      case "ended":
        return evaluation.reason === "done" || evaluation.reason === "error" ? "" : evaluation.text;
    }
  }
}

function linkTo(path: string, words: string): HTMLAnchorElement {
  const link = made("a", "", words);
  link.href = at(path);
  link.target = "_blank";
  link.rel = "noopener";
  return link;
}

document.adoptedStyleSheets = [...document.adoptedStyleSheets, scoped(outputsStyle, ".sagecell")];
