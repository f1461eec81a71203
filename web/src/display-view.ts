/** The element of one display: draws the best form of it that a page can show.
 *
 *  What the forms need (sanitiser, KaTeX, Markdown) is loaded when the first of them comes. Static HTML goes
 *  into the page sanitised; anything scripted goes into a sandboxed frame, `frame-view.ts`.
 */
import { LitElement } from "lit";

import { paint } from "./ansi";
import { fieldsOf, numberOf, textOf, type MimeBundle } from "./content";
import { framed } from "./frame-view";
import { jsonTree } from "./json-tree";
import { t } from "./language";
import { chooseMime, dataAddress, type MimeType } from "./mime";
import { Terminal } from "./terminal";
import type { ViewPlace } from "./widgets/line";

export class DisplayView extends LitElement {
  static override properties = { bundle: { attribute: false } };

  declare bundle: MimeBundle;
  /** Gives where views of widgets are shown; undefined: their session is no more, or never stays. */
  declare place: () => ViewPlace | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override update(changed: Map<string, unknown>): void {
    super.update(changed);
    void this.#draw(this.bundle);
  }

  async #draw(bundle: MimeBundle): Promise<void> {
    const type = chooseMime(bundle.data);
    let elements: Node[];
    try {
      elements = await FORMS[type ?? "text/plain"](bundle, type ?? "text/plain", this.place);
    } catch (error) {
      elements = [remark(t("This output could not be shown ({why}). Its text form:", { why: String(error) })), plain(bundle)];
    }
    if (bundle !== this.bundle) return;
    this.replaceChildren(...elements);
    const root = this.getRootNode();
    if (root instanceof ShadowRoot && this.querySelector(".katex") !== null) void (await import("./latex")).styleLoaded(root);
    this.dispatchEvent(new Event("drawn", { bubbles: true }));
  }
}

type Form = (bundle: MimeBundle, type: MimeType, place: () => ViewPlace | undefined) => Node[] | Promise<Node[]>;

const FORMS: Readonly<Record<MimeType, Form>> = {
  "application/vnd.jupyter.widget-view+json": async (bundle, _, placed) => {
    const place = placed();
    const text = () => [plain(bundle), remark(t("These controls are no longer connected to a session. Run the cell again to use them."))];
    if (place === undefined) return text();
    return [(await import("./widgets/widgets")).widgetView(bundle, place, text)];
  },
  "application/javascript": (bundle) => [framed({ script: textOf(bundle.data["application/javascript"]) })],
  "text/html": async (bundle) => {
    const html = textOf(bundle.data["text/html"]);
    const { isScripted, sanitised } = await import("./rich");
    if (isScripted(html)) return [framed({ html })];
    const element = sanitised(html);
    const root = element.firstElementChild?.shadowRoot;
    if (root != null && /\\[([]|\$\$/.test(html)) await (await import("./latex")).typesetWithin(root);
    return [element];
  },
  "text/markdown": async (bundle) => {
    const { markdown } = await import("./markdown");
    return [await markdown(textOf(bundle.data["text/markdown"]))];
  },
  "text/latex": async (bundle) => {
    const { typeset } = await import("./latex");
    return [await typeset(textOf(bundle.data["text/latex"]))];
  },
  "image/svg+xml": (bundle) => [image(bundle, svgAddress(textOf(bundle.data["image/svg+xml"])), "image/svg+xml")],
  "image/png": binaryImage,
  "image/jpeg": binaryImage,
  "image/gif": binaryImage,
  "image/webp": binaryImage,
  "audio/wav": player,
  "audio/mpeg": player,
  "audio/ogg": player,
  "video/mp4": player,
  "video/webm": player,
  "application/json": (bundle) => [jsonTree(bundle.data["application/json"])],
  "text/plain": (bundle) => [plain(bundle)],
};

function plain(bundle: MimeBundle): HTMLElement {
  const terminal = new Terminal();
  terminal.write(textOf(bundle.data["text/plain"]));
  const element = document.createElement("pre");
  element.append(paint(terminal.lines));
  return element;
}

function remark(text: string): HTMLElement {
  const element = document.createElement("p");
  element.className = "remark";
  element.textContent = text;
  return element;
}

function binaryImage(bundle: MimeBundle, type: MimeType): Node[] {
  return [image(bundle, dataAddress(type, bundle.data[type]), type)];
}

/** An image runs no script, whatever it holds, SVG included. */
function image(bundle: MimeBundle, address: string, type: MimeType): HTMLImageElement {
  const element = new Image();
  element.src = address;
  element.alt = textOf(bundle.data["text/plain"]) || t("image");
  const size = fieldsOf(bundle.metadata[type]);
  const width = numberOf(size["width"]);
  if (width > 0) element.width = width;
  return element;
}

function svgAddress(svg: string): string {
  const named = /xmlns\s*=/.test(svg) ? svg : svg.replace(/<svg\b/, '<svg xmlns="http://www.w3.org/2000/svg"');
  return `data:image/svg+xml,${encodeURIComponent(named)}`;
}

function player(bundle: MimeBundle, type: MimeType): Node[] {
  const element = document.createElement(type.startsWith("audio") ? "audio" : "video");
  element.controls = true;
  element.loop = fieldsOf(bundle.metadata[type])["loop"] === true;
  element.ariaLabel = textOf(bundle.data["text/plain"]);
  element.src = dataAddress(type, bundle.data[type]);
  return [element];
}

customElements.define("sagews-display", DisplayView);
