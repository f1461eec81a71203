/** What the page of workspaces asks the API. Names and contents come from people and are hostile: text, and nothing else. */
import { fieldsOf, numberOf, textOf } from "../content";
import { t } from "../language";

export interface Workspace {
  id: string;
  name: string;
  role: string;
  owner: string;
  /** Seconds since the epoch; 0: it is there. */
  deleted: number;
  /** The newest version; empty: nothing was saved yet, or it is not known. */
  version: string;
}

export interface FileEntry {
  path: string;
  size: number;
  kind: string;
}

export interface Member {
  account: string;
  name: string;
  role: string;
}

export interface Link {
  id: string;
  role: string;
  expires: number;
}

/** What a save came to: what is not as it was asked, in words. */
export interface Saved {
  version: string;
  remarks: string[];
}

type Fields = Record<string, unknown>;

/** Why something could not be done, in one line for the reader. */
export class Fault extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

const HERE = "/api/v1/workspaces";
const IMPORTS = "/api/v1/imports";

/** Where something is asked, if it is not about workspaces that are there, and what ends it. */
interface Way {
  at?: string;
  signal?: AbortSignal;
}

/** Asks about workspaces, for who is signed in or has a link. */
export class Ask {
  constructor(
    /** Token of the link by which the reader came; empty: none. */
    readonly link: string,
  ) {}

  async list(which: string): Promise<Workspace[]> {
    const found: Workspace[] = [];
    for (let after = "", more = true; more; ) {
      const page = await this.json("GET", `?${new URLSearchParams({ which, after }).toString()}`);
      found.push(...listOf(page["workspaces"]).map(workspaceOf));
      after = found.at(-1)?.id ?? "";
      more = page["more"] === true;
    }
    return found;
  }

  async make(name: string): Promise<Workspace> {
    return workspaceOf(await this.json("POST", "", { name }));
  }

  /** Returns from which hosts the site fetches repositories; none: it fetches nothing. */
  async hosts(): Promise<string[]> {
    const answer = await this.#answer("GET", "", undefined, { at: IMPORTS });
    const hosts = fieldsOf(await whole(() => answer.json() as Promise<unknown>))["clone"];
    return Array.isArray(hosts) ? hosts.map(textOf) : [];
  }

  /** Has a workspace made of a repository of another site; `signal` ends it. */
  async clone(name: string, clone: string, signal: AbortSignal): Promise<Workspace> {
    const answer = await this.#answer("POST", "/clone", JSON.stringify({ name, clone }), { at: IMPORTS, signal });
    return workspaceOf(fieldsOf(await whole(() => answer.json() as Promise<unknown>)));
  }

  async find(id: string): Promise<Workspace> {
    return workspaceOf(await this.json("GET", `/${id}`));
  }

  async rename(id: string, name: string): Promise<void> {
    await this.json("PUT", `/${id}`, { name });
  }

  async remove(id: string): Promise<void> {
    await this.#answer("DELETE", `/${id}`);
  }

  async restore(id: string): Promise<void> {
    await this.json("POST", `/${id}/restore`);
  }

  async copy(id: string, name: string): Promise<Workspace> {
    return workspaceOf(await this.json("POST", `/${id}/copy`, { name }));
  }

  /** Returns all files of the newest version, and which that is. */
  async files(id: string): Promise<{ version: string; files: FileEntry[] }> {
    const files: FileEntry[] = [];
    let version = "";
    for (let more = true; more; ) {
      const query = version === "" ? "" : `?${new URLSearchParams({ version, after: files.at(-1)?.path ?? "" }).toString()}`;
      const page = await this.json("GET", `/${id}/files${query}`);
      version = textOf(page["version"]);
      files.push(...listOf(page["files"]).map(fileOf));
      more = page["more"] === true;
    }
    return { version, files };
  }

  async fetch(id: string, path: string): Promise<Blob> {
    const answer = await this.#answer("GET", `/${id}/files/${encoded(path)}`);
    return whole(() => answer.blob());
  }

  async archive(id: string, kind: string): Promise<Blob> {
    const answer = await this.#answer("GET", `/${id}/${kind}`);
    return whole(() => answer.blob());
  }

  async put(id: string, path: string, base: string, content: Blob): Promise<Saved> {
    const query = new URLSearchParams({ base, message: `Upload ${path}`.slice(0, 200) }).toString();
    const answer = await this.#answer("PUT", `/${id}/files/${encoded(path)}?${query}`, content);
    return savedOf(fieldsOf(await whole(() => answer.json() as Promise<unknown>)));
  }

  async removeFile(id: string, path: string, base: string): Promise<Saved> {
    return this.#save(id, { base, message: `Delete ${path}`.slice(0, 200), deleted: [path] });
  }

  async renameFile(id: string, from: string, to: string, base: string): Promise<Saved> {
    return this.#save(id, { base, message: `Rename ${from}`.slice(0, 200), renamed: [{ from, to }] });
  }

  async members(id: string): Promise<Member[]> {
    return listOf((await this.json("GET", `/${id}/members`))["members"]).map(memberOf);
  }

  async putMember(id: string, account: string, role: string): Promise<Member[]> {
    return listOf((await this.json("POST", `/${id}/members`, { account, role }))["members"]).map(memberOf);
  }

  async removeMember(id: string, account: string): Promise<void> {
    await this.#answer("DELETE", `/${id}/members/${encodeURIComponent(account)}`);
  }

  async join(id: string): Promise<void> {
    await this.json("POST", `/${id}/join`);
  }

  async links(id: string): Promise<Link[]> {
    return listOf((await this.json("GET", `/${id}/links`))["links"]).map(linkOf);
  }

  /** Returns the token of a new link. */
  async makeLink(id: string, role: string, days: number): Promise<string> {
    return textOf((await this.json("POST", `/${id}/links`, { role, days }))["token"]);
  }

  async revokeLink(id: string, link: string): Promise<void> {
    await this.#answer("DELETE", `/${id}/links/${encodeURIComponent(link)}`);
  }

  async blob(path: string): Promise<Blob> {
    const answer = await this.#answer("GET", path);
    return whole(() => answer.blob());
  }

  async #save(id: string, body: object): Promise<Saved> {
    return savedOf(await this.json("POST", `/${id}/save`, body));
  }

  /** Asks the API, below the address of workspaces; returns what it answers. Raises Fault. */
  async json(method: string, path: string, body?: object): Promise<Fields> {
    const answer = await this.#answer(method, path, body === undefined ? undefined : JSON.stringify(body));
    return answer.status === 204 ? {} : fieldsOf(await whole(() => answer.json() as Promise<unknown>));
  }

  async #answer(method: string, path: string, body?: string | Blob, { at = HERE, signal }: Way = {}): Promise<Response> {
    const headers: Record<string, string> = {};
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    if (this.link !== "") headers["Sagews-Workspace-Link"] = this.link;
    let answer: Response;
    try {
      answer = await fetch(at + path, { method, headers, cache: "no-store", ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { signal }) });
    } catch {
      if (signal?.aborted === true) throw new Fault(0, t("It was cancelled; nothing was made."));
      throw new Fault(0, t("The site cannot be reached now; try again."));
    }
    if (answer.ok) return answer;
    const error = fieldsOf(fieldsOf((await answer.json().catch(() => ({}))) as unknown)["error"]);
    const [noun, what, hint] = ["noun", "what", "hint"].map((name) => textOf(error[name]));
    throw new Fault(answer.status, what ? `${noun ?? ""}: ${what}; ${hint ?? ""}.` : t("The site answers with {status}.", { status: String(answer.status) }));
  }
}

/** Returns what is read of an answer. Raises Fault if the connection is cut meanwhile, or it is not what it should be. */
async function whole<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch {
    throw new Fault(0, t("The connection was cut in the midst of the answer; try again."));
  }
}

/** Returns a path as an address has it. */
export function encoded(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function workspaceOf(fields: Fields): Workspace {
  const [id, name, role, owner, version] = ["id", "name", "role", "owner", "version"].map((each) => textOf(fields[each]));
  return { id: id ?? "", name: name ?? "", role: role ?? "", owner: owner ?? "", version: version ?? "", deleted: numberOf(fields["deleted"]) };
}

function fileOf(fields: Fields): FileEntry {
  return { path: textOf(fields["path"]), size: numberOf(fields["size"]), kind: textOf(fields["kind"]) };
}

function memberOf(fields: Fields): Member {
  return { account: textOf(fields["account"]), name: textOf(fields["name"]), role: textOf(fields["role"]) };
}

function linkOf(fields: Fields): Link {
  return { id: textOf(fields["id"]), role: textOf(fields["role"]), expires: numberOf(fields["expires"]) };
}

function savedOf(fields: Fields): Saved {
  const copies = Object.entries(fieldsOf(fields["copies"])).map(
    ([path, place]) => t("Others had changed {path}: theirs stays, yours is {place}.", { path, place: textOf(place) }),
  );
  if (textOf(fields["version"]) === "") throw new Fault(0, t("The site's answer to a save names no version; renew the list, and look."));
  const left = Array.isArray(fields["left"]) ? fields["left"].map((path) => t("Others have changed {path} meanwhile: it stays as it is now.", { path: textOf(path) })) : [];
  return { version: textOf(fields["version"]), remarks: [...copies, ...left] };
}
