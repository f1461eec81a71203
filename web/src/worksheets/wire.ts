/** What the server tells of worksheets; see `docs/reference/messages.md`. */

import type { WorksheetComm } from "../widgets/comm-events";
import type { Envelope } from "../wire";

/** A worksheet is open: what the page lacks, or its first piece. */
export interface WorksheetOpened extends Envelope {
  kind: "worksheet_opened";
  worksheet: string;
  epoch: string;
  role: "viewer" | "editor" | "owner";
  /** Of the file. */
  name: string;
  seq: number;
  update: string;
  /** Pieces of the same update that follow. */
  more: number;
}

export interface WorksheetUpdates extends Envelope {
  kind: "worksheet_updates";
  worksheet: string;
  seq: number;
  update: string;
  more: number;
}

/** An edit is durable. */
export interface WorksheetEdited extends Envelope {
  kind: "worksheet_edited";
  worksheet: string;
  seq: number;
}

export interface WorksheetPresence extends Envelope {
  kind: "worksheet_presence";
  worksheet: string;
  people: { person: string; name: string; presence: string }[];
  /** There are only those who have moved; these are gone. */
  changes?: boolean;
  gone?: string[];
}

/** Whether it can be saved into its file. */
export interface WorksheetUnsaved extends Envelope {
  kind: "worksheet_unsaved";
  worksheet: string;
  /** Why it cannot; empty: it can be again. */
  why: string;
}

/** It is open here no more. */
export interface WorksheetEnded extends Envelope {
  kind: "worksheet_ended";
  worksheet: string;
  /** `other_epoch`, `rights` or `fault`. */
  reason: string;
}

/** How an evaluation of a worksheet stands; that is durable. */
export interface CellStanding {
  worksheet: string;
  evaluation: string;
  cell: string;
  ordinal: number;
  state: "queued" | "running" | "ended";
  reason: string;
  text: string;
  /** SHA-256 of the source that runs, as hexadecimal digits. */
  source_hash: string;
  /** By the server's clock; 0: not yet. */
  begun: number;
  ended: number;
}

export interface CellEvaluation extends Envelope, CellStanding {
  kind: "cell_evaluation";
  evaluation: string;
}

export interface CountedEvaluation extends CellStanding {
  outputs_count: number;
  bytes: number;
}

/** What runs in a worksheet, and what its cells show, when it was opened. */
export interface WorksheetRuns extends Envelope {
  kind: "worksheet_runs";
  worksheet: string;
  session_state: string;
  reason: string;
  text: string;
  environment: string;
  evaluations: CountedEvaluation[];
}

export interface CellOutput {
  sequence: number;
  /** Of an output, or `truncated`, `input_taken`, `gap` with the fields of that event. */
  kind: string;
  /** Missing if it is large. */
  body?: string;
  large?: boolean;
  bytes?: number;
  late?: boolean;
}

export interface CellOutputs extends Envelope {
  kind: "cell_outputs";
  worksheet: string;
  outputs: CellOutput[];
  more: boolean;
}

export interface WorksheetSession extends Envelope {
  kind: "worksheet_session";
  worksheet: string;
  state: string;
  reason: string;
  text: string;
  environment: string;
}

/** A file of a session; `path` is percent-encoded, `name` for eyes. Both are hostile. */
export interface NamedFile {
  path: string;
  name: string;
}

export interface FileFault extends NamedFile {
  what: string;
}

export interface SessionFile extends NamedFile {
  state: "new" | "changed" | "deleted";
  size: number;
  /** Why it cannot be saved; empty: it can. */
  refused: string;
}

export interface SessionFiles extends Envelope {
  kind: "session_files";
  worksheet: string;
  files: SessionFile[];
  cut: boolean;
  left: FileFault[];
  given: number;
  kept: NamedFile[];
  newer: boolean;
}

export interface SessionFilePiece extends Envelope {
  kind: "session_file_piece";
  worksheet: string;
  piece: string;
  size: number;
  version: string;
}

export interface SessionFilesSaved extends Envelope {
  kind: "session_files_saved";
  worksheet: string;
  saved: number;
  refused: FileFault[];
  conflicts: FileFault[];
}

export type WorksheetEvent =
  | SessionFiles | SessionFilePiece | SessionFilesSaved
  | WorksheetOpened | WorksheetUpdates | WorksheetEdited | WorksheetPresence | WorksheetUnsaved | WorksheetEnded
  | WorksheetRuns | CellEvaluation | CellOutputs | WorksheetSession | WorksheetComm;
