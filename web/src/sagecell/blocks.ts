/** What an evaluation has put out, as the elements that pages know: `pre.sagecell_stdout` and the others. */
import { paint } from "../ansi";
import { chooseMime, type MimeType } from "../mime";
import { textOf } from "../content";
import { DisplayView } from "../display-view";
import type { Evaluation } from "../evaluation";
import { tn } from "../language";
import type { Display, Prompt, Shape, Stream } from "../outputs";
import { PromptView } from "../prompt-view";
import outputsStyle from "../outputs.css";
import { tracebackView, type GoTo } from "../traceback";
import type { ViewPlace } from "../widgets/line";
import { typesetByPage } from "./page-mathjax";

/** Lines of one stream that are shown without folding: a page may read them, and a flood shall not hold it up. */
const MOST_LINES = 4000;

export interface BlocksOwner {
  /** Where widgets are shown; undefined: their session is no more. */
  place(): ViewPlace | undefined;
  reply(sequence: number, text: string): void;
  goTo: GoTo;
}

export class Blocks {
  readonly #owner: BlocksOwner;
  readonly #blocks = new Map<number, { element: HTMLElement; shape: Shape; version: number }>();
  #isDue = false;

  constructor(readonly parent: HTMLElement, readonly evaluation: Evaluation, owner: BlocksOwner) {
    this.#owner = owner;
    evaluation.outputs.watch(() => { this.#drawSoon(); });
    this.#drawSoon();
  }

  /** At most once a picture, however fast outputs come; a page that nobody sees has no pictures. */
  #drawSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const draw = () => {
      this.#isDue = false;
      this.#draw();
    };
    if (document.hidden) setTimeout(draw);
    else requestAnimationFrame(draw);
  }

  #draw(): void {
    const { shapes } = this.evaluation.outputs;
    const kept = new Set(shapes.map(({ key }) => key));
    for (const [key, { element }] of this.#blocks) {
      if (kept.has(key)) continue;
      element.remove();
      this.#blocks.delete(key);
    }
    for (const shape of shapes) this.#show(shape);
  }

  #show(shape: Shape): void {
    const known = this.#blocks.get(shape.key);
    const version = shape.kind === "stream" ? shape.terminal.length : 0;
    if (known?.shape === shape && known.version === version) return;
    const element = known?.shape.kind === shape.kind ? known.element : this.#create(shape);
    this.#blocks.set(shape.key, { element, shape, version });
    if (known !== undefined && known.element !== element) known.element.replaceWith(element);
    else if (known === undefined) this.parent.append(element);
    if (shape.kind === "stream") drawStream(element, shape, false);
    else if (shape.kind === "display") this.#drawDisplay(element, shape);
    else if (shape.kind === "prompt" && element instanceof PromptView) this.#drawPrompt(element, shape);
  }

  #create(shape: Shape): HTMLElement {
    let element: HTMLElement;
    switch (shape.kind) {
      case "stream":
        element = document.createElement("pre");
        element.className = `sagecell_${shape.name}`;
        return element;
      case "fault":
        element = tracebackView(shape.traceback, this.evaluation.cell, this.#owner.goTo);
        element.classList.add("sagecell_pyerr");
        return element;
      case "prompt":
        return new PromptView();
      case "display":
        return document.createElement("div");
      case "remark":
        element = document.createElement("p");
        element.className = "remark";
        element.textContent = shape.text;
        return element;
    }
  }

  #drawDisplay(element: HTMLElement, { bundle }: Display): void {
    const ours = () => {
      const view = new DisplayView();
      view.bundle = bundle;
      view.place = () => this.#owner.place();
      element.replaceChildren(APART.has(type) ? apart(view) : view);
    };
    const type = chooseMime(bundle.data) ?? "text/plain";
    if (type !== "text/latex") {
      ours();
      return;
    }
    void typesetByPage(textOf(bundle.data["text/latex"]), element).then((typeset) => {
      if (typeset === undefined) ours();
      else element.replaceChildren(typeset);
    });
  }

  #drawPrompt(view: PromptView, prompt: Prompt): void {
    view.prompt = prompt;
    view.reply = (text) => { this.#owner.reply(prompt.key, text); };
    view.requestUpdate();
  }
}

/** What is drawn where the styles of the page do not reach, and ours not the page. */
const APART = new Set<MimeType>(["text/html", "text/markdown", "text/latex", "application/json"]);

const style = new CSSStyleSheet();
style.replaceSync(outputsStyle.replaceAll(":root", ":host"));

function apart(view: DisplayView): HTMLElement {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [style];
  const output = document.createElement("div");
  output.className = "output";
  output.append(view);
  root.append(output);
  return host;
}

function drawStream(element: HTMLElement, stream: Stream, isUnfolded: boolean): void {
  const { lines } = stream.terminal;
  if (isUnfolded || lines.length <= MOST_LINES) {
    element.replaceChildren(paint(withoutLastEnd(lines)));
    return;
  }
  const half = MOST_LINES / 2;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "unfold";
  button.textContent = tn("Show {count} more line", "Show {count} more lines", lines.length - MOST_LINES);
  button.addEventListener("click", () => { drawStream(element, stream, true); });
  element.replaceChildren(paint(lines.slice(0, half)), button, "\n", paint(withoutLastEnd(lines.slice(-half))));
}

/** `paint` ends each line; the last one has no end yet where the stream does not end with one. */
function withoutLastEnd(lines: readonly string[]): readonly string[] {
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
