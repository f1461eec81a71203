/** Runs inside the frame of an output that shows a widget: its own bundle, which `frame.ts` loads.
 *
 *  The models live here, as @jupyter-widgets/html-manager makes them; what one changes is told to the page, which
 *  tells the session. The page says what the session says.
 */
import "@fortawesome/fontawesome-free/css/all.min.css";
import "@fortawesome/fontawesome-free/css/v4-shims.min.css";
import "@jupyter-widgets/controls/css/labvariables.css";
import "@jupyter-widgets/controls/css/widgets-base.css";
import "@lumino/widgets/style/index.css";
import "./inside.css";

import { FrameComm } from "./inside-comm";
import { FrameWidgets } from "./inside-widgets";
import "./inside-labels";
import "./inside-typeset";
import { setWatched } from "./inside-watched";

type Fields = Readonly<Record<string, unknown>>;

interface Told {
  comm: string;
  target: string;
  metadata: { version?: string };
  data: { state: Fields; buffer_paths: (string | number)[][] };
  buffers: ArrayBuffer[];
}

interface Shown {
  widget: string;
  isDark: boolean;
  isOver: boolean;
  isWatched: boolean;
  models: Told[];
}

interface Said {
  comm: string;
  what: "message" | "closed";
  data: Fields;
  buffers: ArrayBuffer[];
  parent: string;
  models: Told[];
}

const widgets = new FrameWidgets();
const comms = new Map<string, FrameComm>();

/** Messages of the page, in order. All that comes from there was checked by it, and is the session's own word. */
function take(message: Fields): void {
  if (message["kind"] === "show") show(message as Fields & Shown);
  else if (message["kind"] === "comm") hear(message as unknown as Said);
  else if (message["kind"] === "handled") FrameComm.handled(String(message["message"]));
  else if (message["kind"] === "watched") setWatched(message["isWatched"] === true);
  else if (message["kind"] === "over") widgets.disconnect();
}

function show({ widget, isDark, isOver, isWatched, models }: Shown): void {
  setWatched(isWatched);
  document.documentElement.classList.toggle("dark", isDark);
  const element = document.createElement("div");
  element.id = "output";
  element.className = "widgets";
  document.body.append(element);
  open(models);
  void widgets.display(widget, element).then(() => { if (isOver) widgets.disconnect(); });
}

function open(models: Told[]): void {
  for (const { comm: id, target, metadata, data, buffers } of models) {
    const comm = new FrameComm(id, target);
    comms.set(id, comm);
    const content = { comm_id: id, target_name: target, data };
    void widgets.handle_comm_open(comm, { content, metadata, buffers: buffers.map((each) => new DataView(each)) } as never).catch(() => undefined);
  }
}

function hear({ comm: id, what, data, buffers, parent, models }: Said): void {
  open(models);
  const comm = comms.get(id);
  if (comm === undefined) return;
  const message = { content: { comm_id: id, data }, metadata: {}, parent_header: { msg_id: parent }, buffers: buffers.map((each) => new DataView(each)) };
  if (what === "closed") comms.delete(id);
  comm.hear(what, message);
}

(globalThis as { sagewsWidgets?: (message: Fields) => void }).sagewsWidgets = take;
