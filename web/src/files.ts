/** The files of a session, over HTTP.
 *
 *  The session's token goes in a header, never in an address. Names come from the session and are hostile:
 *  `name` is for eyes, as text; `path` is what the server made of it for addresses.
 */
import { reason } from "./api";
import { fieldsOf, numberOf, textOf } from "./content";
import { t } from "./language";
import type { Ticket } from "./session";
import { at } from "./site";

export interface FileEntry {
  name: string;
  /** Percent-encoded; that of a directory ends in a slash. */
  path: string;
  kind: string;
  size: number;
}

export interface Listing {
  /** The directory's path, percent-encoded, with a slash at its end unless it is empty. */
  directory: string;
  entries: FileEntry[];
  /** There is more than these. */
  cut: boolean;
  /** The site's limit on one file; 0: none. */
  mostBytes: number;
}

/** Why a file could not be listed, fetched or put, in one line for the reader. */
export class FileFault extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** Status of the answer when only a new file was to be put, and it is there already. */
export const IS_THERE = 412;

export async function list(ticket: Ticket, directory: string): Promise<Listing> {
  const response = await ask(ticket, directory);
  const fields = fieldsOf((await response.json()) as unknown);
  const entries = Array.isArray(fields["files"]) ? fields["files"].map(fieldsOf) : [];
  return {
    directory,
    entries: entries.map((entry) => ({
      name: textOf(entry["name"]),
      path: textOf(entry["path"]),
      kind: textOf(entry["kind"]),
      size: numberOf(entry["size"]),
    })),
    cut: fields["cut"] === true,
    mostBytes: numberOf(fields["file_bytes"]),
  };
}

/** Fetches a file. It has no type, so that nothing shows it. */
export async function fetchFile(ticket: Ticket, path: string): Promise<Blob> {
  const response = await ask(ticket, path);
  try {
    return await response.blob();
  } catch {
    throw new FileFault(0, t("it did not arrive whole: try again when nothing writes to it"));
  }
}

export async function putFile(ticket: Ticket, path: string, file: File, mayReplace: boolean): Promise<void> {
  await ask(ticket, path, { method: "PUT", body: file, headers: mayReplace ? {} : { "If-None-Match": "*" } });
}

/** Returns a name as it stands in a path. Throws FileFault for one that is no text. */
export function encodeName(name: string): string {
  try {
    return encodeURIComponent(name);
  } catch {
    throw new FileFault(0, t("its name is no text: choose another"));
  }
}

async function ask(ticket: Ticket, path: string, options: RequestInit = {}): Promise<Response> {
  const headers = { ...(options.headers as Record<string, string> | undefined), "Sagews-Session-Token": ticket.token };
  let response: Response;
  try {
    response = await fetch(at(`api/v1/sessions/${ticket.session}/files/${path}`), { ...options, headers, cache: "no-store" });
  } catch {
    throw new FileFault(0, t("the server was not reached, or the file could not be read: try again"));
  }
  if (!response.ok) throw new FileFault(response.status, await reason(response));
  return response;
}
