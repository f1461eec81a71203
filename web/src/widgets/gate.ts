/** What a frame says of its widgets, checked: it runs whatever a session sent, and may say anything. */
import { listOf, readFields, type Fields } from "../content";
import { toBase64 } from "../worksheets/base64";
import type { CommMessage } from "./line";

/** Bytes of a message, its binary parts included: the server takes 8 MiB of JSON, in which these are base64. */
const MOST_BYTES = 4 << 20;
const MOST_BUFFERS = 256;
/** Bytes of it as it is sent, within a message of JSON: what the server will never take must not be sent again and again. */
const MOST_SENT = 7 << 20;

/** A message of a frame to a comm. */
export interface FromFrame {
  /** By which the frame knows that it was taken; also in what the session says meanwhile. */
  name: string;
  message: CommMessage;
}

/** Returns what may pass; `isKnown` says whether the frame shows a comm. */
export function passed(said: Fields, isKnown: (comm: string) => boolean): FromFrame | undefined {
  const { comm, message: name, data: text } = said;
  const buffers = listOf(said["buffers"]);
  if (typeof comm !== "string" || typeof name !== "string" || typeof text !== "string") return undefined;
  if (!isKnown(comm) || !/^[\w-]{1,64}$/.test(name) || buffers.length > MOST_BUFFERS) return undefined;
  if (!buffers.every((each) => each instanceof ArrayBuffer)) return undefined;
  if (buffers.reduce((sum, each) => sum + each.byteLength, text.length) > MOST_BYTES) return undefined;
  const data = readFields(text);
  const method = data["method"];
  if (method !== "update" && method !== "custom" && method !== "request_state") return undefined;
  const body = JSON.stringify({ comm_id: comm, message: name, data });
  const message: CommMessage = { comm_kind: "message", body, buffers: buffers.map((each) => toBase64(new Uint8Array(each))) };
  return new Blob([JSON.stringify(message)]).size > MOST_SENT ? undefined : { name, message };
}
