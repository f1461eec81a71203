/** Which worksheet it is, and over which connection. */
import type { ConnectionState, Listener } from "../connection";
import type { Request } from "../wire";

export interface Place {
  workspace: string;
  path: string;
  /** Token of a link; empty: none. */
  link: string;
  /** Id of the account that is signed in, if the page knows: what it kept is not sent as somebody else's. */
  account?: string;
}

/** The part of a connection that is used here. */
export interface Line {
  readonly state: ConnectionState;
  listen(listener: Listener): () => void;
  send(request: Request): number;
}
