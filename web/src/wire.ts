/** The messages between page and server: the JSON form of the site's schema (`proto/sagews.proto`).
 *
 *  Envelopes are made by the server and trusted. A `body` is JSON text that a session wrote, and hostile:
 *  only `content.ts` reads it.
 */

import type { CommHandled } from "./widgets/comm-events";
import type { WorksheetEvent } from "./worksheets/wire";

export interface Limits {
  /** Seconds of wall time for one evaluation. Here and below, 0 means: without limit. */
  wall_time: number;
  address_space: number;
  output_bytes: number;
  /** Seconds of processor time for one evaluation. */
  cpu_time: number;
  /** Outputs a second. */
  event_rate: number;
  /** Seconds without an evaluation or request after which the session ends. */
  idle: number;
  /** Seconds that the session may live. */
  lifetime: number;
  /** Seconds that the session lives with nobody attached. */
  grace: number;
}

export interface Envelope {
  session: string;
  /** 1, 2, 3 … within the session; 0 for an answer to one request, which is not kept. */
  sequence: number;
  /** The request that this answers or replays for. */
  request?: number;
  evaluation?: string;
  /** The server's clock, seconds since the epoch. */
  time: number;
}

export interface Welcome {
  kind: "welcome";
  software: string;
  environments: string[];
  /** Of each environment, first its own. */
  languages?: Record<string, string[]>;
  access: string;
  /** In which sessions are isolated, A to D; empty if the server does not know. */
  tier: string;
  /** Where the site has code of SageMathCell's pages run; empty: where its language is. */
  sagecell_environment?: string;
  /** Code that a link brings to the first page is evaluated at once. */
  evaluates_links: boolean;
  heartbeat_seconds: number;
}

export interface Heartbeat {
  kind: "heartbeat";
  time: number;
}

/** A quota of the reader's is nearly used. */
export interface Quota {
  kind: "quota";
  /** What of what is used, and when it comes back; empty: it is not, any more. */
  text: string;
}

export interface Opened extends Envelope {
  kind: "opened";
  token: string;
  environment: string;
  limits: Limits;
  started: number;
}

export interface Attached extends Envelope {
  kind: "attached";
  last_sequence: number;
  environment: string;
  limits: Limits;
  started: number;
}

export interface Failure extends Envelope {
  kind: "failure";
  code: string;
  what: string;
  noun: string;
  hint: string;
  /** Seconds after which trying again may help. */
  retry_after?: number;
  /** Of `missing_updates`: the server's state vector, in base64. */
  state?: string;
}

/** No worker has a place free: the request waits in line. */
export interface Waiting extends Envelope {
  kind: "waiting";
  /** 1 is the next to get one. */
  place: number;
  waiting: number;
}

/** The server ends: connect anew. */
export interface Moving extends Envelope {
  kind: "moving";
  within_seconds: number;
}

/** The server cannot reach the session, and looks for it. */
export interface Away extends Envelope {
  kind: "away";
  /** Seconds after which it is given up; 0: it is reached again. */
  within_seconds: number;
}

export interface Queued extends Envelope {
  kind: "queued";
  cell: string;
  code: string;
  waiting: number;
  /** That of the code, if it is not the environment's own. */
  language?: string;
}

export interface Started extends Envelope {
  kind: "started";
  /** Of a stateless evaluation: which attempt at it this is. */
  attempt?: string;
}

export type OutputKind =
  | "stream"
  | "display_data"
  | "update_display_data"
  | "execute_result"
  | "error"
  | "clear_output"
  | "input_request"
  | "comm_open"
  | "comm_msg"
  | "comm_close";

export interface Output extends Envelope {
  kind: "output";
  output_kind: OutputKind;
  body: string;
  /** Binary parts, in base64. */
  buffers?: string[];
  late?: boolean;
}

export interface Truncated extends Envelope {
  kind: "truncated";
  /** Bytes; 0 if it was another limit. */
  limit: number;
  /** Outputs a second; 0 if it was another limit. */
  event_rate: number;
}

export interface InputTaken extends Envelope {
  kind: "input_taken";
  input_sequence: number;
}

export interface Done extends Envelope {
  kind: "done";
  reason: string;
  text: string;
  wall_seconds: number;
  /** Of a kept result: when it ran, in seconds since the epoch. */
  kept_since?: number;
  /** By what the result of a stateless evaluation may differ each time, so that it is not kept. */
  unrepeatable?: string;
}

export interface Gap extends Envelope {
  kind: "gap";
  events: number;
  bytes: number;
}

export interface Ended extends Envelope {
  kind: "ended";
  reason: string;
  text: string;
  status: number;
}

export interface Answer extends Envelope {
  kind: "completed" | "inspected";
  body: string;
}

export interface Detached extends Envelope {
  kind: "detached";
}

/** What happens in a session and is numbered, kept and replayed. */
export type SessionEvent = Queued | Started | Output | Truncated | InputTaken | Done | Gap | Ended;

export type Event = SessionEvent | Opened | Attached | Failure | Answer | CommHandled | Detached | Waiting | Moving | Away | WorksheetEvent;

export type Message = Event | Welcome | Heartbeat | Quota;

/** Requests, without the `id` that the connection gives them. */
export type Request =
  | { kind: "open"; environment: string; limits: Partial<Limits> }
  | { kind: "attach"; session: string; token: string; after_sequence: number }
  | { kind: "withdraw"; request: number }
  | { kind: "detach"; session: string }
  | { kind: "evaluate"; session: string; evaluation: string; cell: string; code: string; language: string }
  | { kind: "run"; evaluation: string; code: string; language?: string; fresh: boolean; join: boolean; after_sequence: number; attempt: string }
  | { kind: "interrupt"; session: string; scope?: "callback" }
  | { kind: "interrupt"; evaluation: string }
  | { kind: "input_reply"; session?: string; sequence: number; text: string }
  | { kind: "complete"; session: string; code: string; cursor: number }
  | { kind: "inspect"; session: string; code: string; cursor: number; detail: number }
  | { kind: "close"; session: string }
  | { kind: "comm_message"; session: string; evaluation: string; comm_kind: string; body: string; buffers: string[] }
  | { kind: "comm_in_worksheet"; worksheet: string; evaluation: string; comm_kind: string; body: string; buffers: string[] }
  | { kind: "follow_comms"; worksheet: string }
  | { kind: "open_worksheet"; workspace: string; path: string; link: string; epoch: string; state: string }
  | { kind: "edit_worksheet"; worksheet: string; epoch: string; sender: string; clock: number; update: string }
  | { kind: "show_presence"; worksheet: string; presence: string }
  | { kind: "close_worksheet"; worksheet: string }
  | { kind: "evaluate_cell"; worksheet: string; evaluation: string; cell: string; code: string }
  | { kind: "interrupt_worksheet"; worksheet: string; scope: "" | "callback" }
  | { kind: "restart_worksheet"; worksheet: string }
  | { kind: "answer_input"; worksheet: string; evaluation: string; sequence: number; text: string }
  | { kind: "complete_in_worksheet"; worksheet: string; code: string; cursor: number }
  | { kind: "inspect_in_worksheet"; worksheet: string; code: string; cursor: number; detail: number }
  | { kind: "get_outputs"; worksheet: string; evaluation: string; after: number; whole: boolean }
  | { kind: "clear_outputs"; worksheet: string; cells: string[] }
  | { kind: "list_session_files"; worksheet: string }
  | { kind: "get_session_file"; worksheet: string; path: string; offset: number; version: string }
  | { kind: "save_session_files"; worksheet: string; paths: string[] }
  | { kind: "update_session_files"; worksheet: string; replaced: string[] };
