/** The files of a worksheet's session: what its code has written, to be fetched, and to be saved to the workspace.
 *
 *  Names come from the session and are hostile: `name` is for eyes, as text; `path` goes back to the server as it is.
 */
import type { Listener } from "../connection";
import { t } from "../language";
import { inWords } from "../session";
import type { Event, Request } from "../wire";
import type { SessionFile, SessionFilePiece, SessionFiles, SessionFilesSaved } from "./wire";
import { fromBase64, joined } from "./base64";
import type { Line } from "./runs";

type Answer = SessionFiles | SessionFilePiece | SessionFilesSaved;

/** Bytes of a file that is fetched: it is in memory meanwhile. */
export const MOST_FETCHED = 1 << 28;

/** Why something could not be done, in one line for the reader. */
export class SessionFileFault extends Error {}

export class SessionFilesLine implements Listener {
  readonly #line: Line;
  readonly #worksheet: () => string;
  readonly #stopListening: () => void;
  readonly #asked = new Map<number, { answer: (event: Answer) => void; fail: (fault: Error) => void }>();

  constructor(connection: Line, worksheet: () => string) {
    this.#line = connection;
    this.#worksheet = worksheet;
    this.#stopListening = connection.listen(this);
  }

  list(): Promise<SessionFiles> {
    return this.#ask({ kind: "list_session_files", worksheet: this.#worksheet() }) as Promise<SessionFiles>;
  }

  save(files: readonly SessionFile[]): Promise<SessionFilesSaved> {
    const paths = files.map(({ path }) => path);
    return this.#ask({ kind: "save_session_files", worksheet: this.#worksheet(), paths }) as Promise<SessionFilesSaved>;
  }

  /** Gives the session the newest files of the workspace; `replaced`: also in the place of what its code has changed. */
  update(replaced: readonly string[]): Promise<SessionFiles> {
    return this.#ask({ kind: "update_session_files", worksheet: this.#worksheet(), replaced: [...replaced] }) as Promise<SessionFiles>;
  }

  /** Fetches a file, piece by piece. It has no type, so that nothing shows it. */
  async fetch({ path, size }: SessionFile): Promise<Blob> {
    if (size > MOST_FETCHED) throw new SessionFileFault(t("It is too large to be fetched here: save a part of it from a cell."));
    const pieces: Uint8Array[] = [];
    let offset = 0;
    let version = "";
    for (;;) {
      const request = { kind: "get_session_file" as const, worksheet: this.#worksheet(), path, offset, version };
      const piece = (await this.#ask(request)) as SessionFilePiece;
      const bytes = fromBase64(piece.piece);
      pieces.push(bytes);
      offset += bytes.length;
      version = piece.version;
      if (offset >= piece.size || bytes.length === 0) return new Blob([joined(pieces) as Uint8Array<ArrayBuffer>]);
    }
  }

  close(): void {
    this.#stopListening();
    this.lost();
  }

  opened(): void {
    this.lost();
  }

  lost(): void {
    for (const { fail } of this.#asked.values()) fail(new SessionFileFault(t("The connection was lost: try again.")));
    this.#asked.clear();
  }

  received(event: Event): void {
    const asked = this.#asked.get(event.request ?? 0);
    if (asked === undefined) return;
    this.#asked.delete(event.request ?? 0);
    if (event.kind === "failure") asked.fail(new SessionFileFault(inWords(event)));
    else asked.answer(event as Answer);
  }

  #ask(request: Request): Promise<Answer> {
    const id = this.#line.send(request);
    if (id === 0) return Promise.reject(new SessionFileFault(t("There is no connection: try again in a moment.")));
    return new Promise((answer, fail) => { this.#asked.set(id, { answer, fail }); });
  }
}
