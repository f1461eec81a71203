/** The page's side of a scripted output: one sandboxed frame for each, which may run scripts and has no origin.
 *
 *  The frame (`frame.ts`) is told what to show once, when it says that it is ready, and reports its height. Every
 *  message is checked by its source and its shape; what a frame says can change nothing but its own height.
 */
import { fieldsOf, numberOf } from "./content";
import { t } from "./language";

/** What a frame shows. */
export type Scripted = { html: string } | { script: string };

const LEAST_HEIGHT = 24;
const GREATEST_HEIGHT = 3000;

export function framed(content: Scripted): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.className = "scripted";
  frame.title = t("Output with scripts of its own");
  frame.setAttribute("sandbox", "allow-scripts allow-popups allow-popups-to-escape-sandbox");
  frame.referrerPolicy = "no-referrer";
  frame.src = "/frame";
  waiting.set(frame, content);
  frames.add(new WeakRef(frame));
  return frame;
}

/** What the frames that are not ready yet will be told. */
const waiting = new WeakMap<HTMLIFrameElement, Scripted>();
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
    const content = waiting.get(frame);
    waiting.delete(frame);
    // The origin of a sandboxed frame is opaque and cannot be named.
    if (content !== undefined) frame.contentWindow?.postMessage({ kind: "show", ...content }, "*");
  } else if (message["kind"] === "height") {
    const height = Math.min(Math.max(numberOf(message["height"]), LEAST_HEIGHT), GREATEST_HEIGHT);
    frame.style.height = `${Math.ceil(height)}px`;
  }
});
