/** What the server tells of comms; see `wire.ts`. */
import type { Envelope, OutputKind } from "../wire";

/** The session has taken a message of a comm. */
export interface CommHandled extends Envelope {
  kind: "comm_handled";
  body: "";
}

/** A message of a comm of the session of a worksheet. */
export interface WorksheetComm extends Envelope {
  kind: "worksheet_comm";
  worksheet: string;
  output_kind: OutputKind;
  body: string;
  buffers?: string[];
  /** Of the event in its session, and which of the worksheet's that is. */
  number: number;
  of_session: string;
}
