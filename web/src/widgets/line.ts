/** How the messages of comms of one session come and go, whichever page has the session. */
import type { Evaluation } from "../evaluation";
import type { Output } from "../wire";

/** A message of a comm as the session sent it; the body is hostile. */
export type CommEvent = Pick<Output, "output_kind" | "body" | "buffers">;

/** One message to a comm: JSON text of Jupyter's content, and its binary parts in base64. */
export interface CommMessage {
  comm_kind: "open" | "message" | "close";
  body: string;
  buffers: string[];
}

export interface CommLine {
  /** Gives all messages that have come, in order, and those that come from now on. */
  listen(hear: (event: CommEvent) => void): void;
  /** Has the session take a message, for a view that an evaluation shows; resolves to whether it did. */
  tell(evaluation: string, message: CommMessage): Promise<boolean>;
  /** Whether messages to the session are of any use: it lives, and this reader may change it. */
  readonly mayTell: boolean;
  /** Ends what the session does because of such messages; evaluations that wait for that run then. */
  interrupt(): void;
  /** Evaluations that wait or run in the session, where the line knows of them. */
  readonly pending?: readonly Evaluation[];
  /** The session has ended. */
  readonly hasEnded: boolean;
  watch(see: () => void): () => void;
}

/** Where a view is shown. */
export interface ViewPlace {
  line: CommLine;
  evaluation: string;
}
