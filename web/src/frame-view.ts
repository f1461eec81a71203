/** The page's side of a scripted output: one sandboxed frame for each, which may run scripts and has no origin.
 *
 *  The frame (`frame.ts`) is told what to show when it says that it is ready, and reports its height. Every message
 *  is checked by its source and its shape; what a frame says can change its own height, and what its widgets are
 *  in the session (`widgets/gate.ts`), and nothing else.
 */
import { fieldsOf, numberOf, type Fields } from "./content";
import { t } from "./language";
import { at } from "./site";

/** What a frame shows. */
export type Scripted = { html: string } | { script: string };

/** Whoever has more to do with a frame than to give it something. */
export interface FrameOwner {
  /** Returns what the frame is told, each time that it begins. */
  show(): Fields;
  /** Takes what the frame says, which is hostile. */
  received(said: Fields): void;
}

const LEAST_HEIGHT = 24;
const GREATEST_HEIGHT = 3000;

export function framed(content: Scripted | FrameOwner, title = t("Output with scripts of its own")): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.className = "scripted";
  frame.title = title;
  frame.setAttribute("sandbox", "allow-scripts allow-popups allow-popups-to-escape-sandbox");
  frame.referrerPolicy = "no-referrer";
  frame.src = at("frame");
  owners.set(frame, "show" in content ? content : { show: () => content, received: () => undefined });
  frames.add(new WeakRef(frame));
  return frame;
}

const owners = new WeakMap<HTMLIFrameElement, FrameOwner>();
const frames = new Set<WeakRef<HTMLIFrameElement>>();

function frameOf(source: MessageEventSource | null): HTMLIFrameElement | undefined {
  for (const reference of frames) {
    const frame = reference.deref();
    if (frame === undefined) frames.delete(reference);
    else if (source !== null && frame.contentWindow === source) return frame;
  }
  return undefined;
}

addEventListener("message", (event: MessageEvent<unknown>) => {
  const frame = frameOf(event.source);
  if (frame === undefined) return;
  const message = fieldsOf(event.data);
  if (message["kind"] === "ready") {
    // The origin of a sandboxed frame is opaque and cannot be named.
    frame.contentWindow?.postMessage({ kind: "show", ...owners.get(frame)?.show() }, "*");
  } else if (message["kind"] === "height") {
    const height = Math.min(Math.max(numberOf(message["height"]), LEAST_HEIGHT), GREATEST_HEIGHT);
    frame.style.height = `${Math.ceil(height)}px`;
  } else {
    owners.get(frame)?.received(message);
  }
});
