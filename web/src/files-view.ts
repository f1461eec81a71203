/** The element of a session's files: what is there, to be taken out, and where files are brought in.
 *
 *  Loaded when the reader opens it. The session answers between evaluations, so whatever is asked for waits
 *  until none runs.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { FileFault, IS_THERE, encodeName, fetchFile, list, putFile, type FileEntry, type Listing } from "./files";
import style from "./files.css";
import { t } from "./language";
import type { Notebook } from "./notebook";
import type { Ticket } from "./session";
import { addStyle } from "./style";
import { bytesInWords } from "./words";

/** Milliseconds until the browser has surely begun to save what it was given. */
const SAVED_AFTER = 60_000;

export class FilesView extends LitElement {
  declare notebook: Notebook;

  #listing: Listing | undefined;
  /** Of which session the listing is. */
  #session = "";
  #directory = "";
  #standing = "";
  #isFault = false;
  #isOver = false;
  #wasBusy = false;
  /** Files of which the reader must say whether they replace what is there. */
  #doubtful: { file: File; directory: string }[] = [];
  #stopWatching: (() => void) | undefined;
  /** What had the focus before, and shall have it again. */
  #before: Element | null = null;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#before = document.activeElement;
    this.#stopWatching = this.notebook.watch(() => { this.#happened(); });
    document.addEventListener("dragover", this.#draggedOver);
    document.addEventListener("dragleave", this.#draggedOut);
    document.addEventListener("drop", this.#dropped);
    void this.#renew();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopWatching?.();
    document.removeEventListener("dragover", this.#draggedOver);
    document.removeEventListener("dragleave", this.#draggedOut);
    document.removeEventListener("drop", this.#dropped);
    if (this.#before instanceof HTMLElement) this.#before.focus();
  }

  protected override firstUpdated(): void {
    this.#focusFirst();
  }

  protected override render(): TemplateResult {
    return html`<section class="files ${this.#isOver ? "over" : ""}" aria-labelledby="files-title">
      <div class="files-head">
        <h2 id="files-title">${t("Files")}</h2>
        <button class="plain" @click=${() => { this.querySelector("input")?.click(); }}>${t("Add files")}</button>
        <button class="plain" @click=${() => { void this.#renew(); }}>${t("Renew")}</button>
        <button class="plain" aria-label=${t("Close files")} @click=${() => { this.dispatchEvent(new Event("close")); }}>×</button>
        <input type="file" multiple hidden @change=${(event: Event) => { this.#chosen(event); }} />
      </div>
      ${this.#directory === "" ? nothing : this.#place()}
      ${this.#entries()}
      ${this.#doubtful.map((doubt) => this.#doubt(doubt))}
      <p class="files-standing ${this.#isFault ? "bad" : ""}" role="status">${this.#standing}</p>
    </section>`;
  }

  #focusFirst(): void {
    this.querySelector("button")?.focus();
  }

  #place(): TemplateResult {
    return html`<p class="files-place">
      <button class="plain" @click=${() => { this.#enter(above(this.#directory)); }}>↑ ${t("Up")}</button>
      <span>${readable(this.#directory)}</span>
    </p>`;
  }

  #entries(): TemplateResult {
    const entries = this.#listing?.entries ?? [];
    if (entries.length === 0) {
      return html`<p class="files-hint">${t("What your code writes into its directory appears here. Add files of your own, or drop them on the page; code opens them by their name.")}</p>`;
    }
    return html`<ul class="files-list">
        ${entries.map((entry) => html`<li>${this.#entry(entry)}</li>`)}
      </ul>
      ${this.#listing?.cut === true ? html`<p class="remark">${t("There are more files here than these {count}.", { count: entries.length })}</p>` : nothing}`;
  }

  #entry(entry: FileEntry): TemplateResult {
    switch (entry.kind) {
      case "file":
        return html`<button class="file" title=${t("Save")} @click=${() => { void this.#save(entry); }}>${entry.name}</button>
          <span class="files-size">${bytesInWords(entry.size)}</span>`;
      case "directory":
        return html`<button class="file" title=${t("Open")} @click=${() => { this.#enter(entry.path); }}>${entry.name}/</button>`;
      default:
        return html`<span class="file">${entry.name}</span>
          <span class="files-size">${entry.kind === "link" ? t("a link") : t("no file")}</span>`;
    }
  }

  #doubt(doubt: { file: File; directory: string }): TemplateResult {
    const settle = (mayReplace: boolean) => {
      this.#doubtful = this.#doubtful.filter((other) => other !== doubt);
      this.requestUpdate();
      if (mayReplace) void this.#bring([doubt.file], doubt.directory, true);
    };
    return html`<p class="files-doubt" role="alert">
      <span>${t("{name} is there already.", { name: doubt.file.name })}</span>
      <button class="plain" @click=${() => { settle(true); }}>${t("Replace")}</button>
      <button class="plain" @click=${() => { settle(false); }}>${t("Keep")}</button>
    </p>`;
  }

  // ----------------------------------------------------------------- listing

  /** Follows the session: another one has other files, and an evaluation that ends may have written some. */
  #happened(): void {
    const { notebook } = this;
    const isBusy = notebook.pending.length > 0;
    const hasEnded = this.#wasBusy && !isBusy;
    this.#wasBusy = isBusy;
    const session = notebook.session?.id ?? "";
    if (session !== this.#session) {
      this.#directory = "";
      void this.#renew();
    } else if (hasEnded && session !== "") {
      void this.#renew();
    }
  }

  #enter(directory: string): void {
    this.#directory = directory;
    void this.#renew();
    this.#focusFirst();
  }

  async #renew(): Promise<void> {
    const ticket = this.notebook.session?.ticket;
    this.#session = ticket?.session ?? "";
    if (ticket === undefined) {
      this.#listing = undefined;
      this.requestUpdate();
      return;
    }
    await this.#try("", async () => {
      await this.#idle();
      await this.#read(ticket, this.#directory);
    });
  }

  async #read(ticket: Ticket, directory: string): Promise<Listing> {
    const listing = await list(ticket, directory);
    if (directory === this.#directory) {
      this.#session = ticket.session;
      this.#listing = listing;
      this.requestUpdate();
    }
    return listing;
  }

  // ------------------------------------------------------------------ moving

  async #save(entry: FileEntry): Promise<void> {
    const ticket = this.notebook.session?.ticket;
    if (ticket === undefined) return;
    this.#say("");
    await this.#try(`${entry.name}: `, async () => {
      await this.#idle();
      this.#say(t("Fetching {name} …", { name: entry.name }));
      const address = URL.createObjectURL(await fetchFile(ticket, entry.path));
      const link = document.createElement("a");
      link.href = address;
      link.download = entry.name;
      link.click();
      setTimeout(() => { URL.revokeObjectURL(address); }, SAVED_AFTER);
      this.#say("");
    });
  }

  /** Brings files into a directory, one after the other; those that are there already wait for the reader. */
  async #bring(files: File[], directory: string, mayReplace: boolean): Promise<void> {
    const ticket = await this.#ticket();
    if (ticket === undefined) {
      this.#say(t("No session can be had now: try again in a moment."), true);
      return;
    }
    this.#say("");
    let brought = 0;
    for (const file of files) {
      const isDone = await this.#try(`${file.name}: `, async () => {
        await this.#idle();
        const { mostBytes, entries } = await this.#read(ticket, directory);
        const path = directory + encodeName(file.name);
        if (mostBytes > 0 && file.size > mostBytes) {
          throw new FileFault(0, t("it is over {most}, the most that one file may have", { most: bytesInWords(mostBytes) }));
        }
        if (!mayReplace && entries.some((entry) => readable(entry.path) === readable(path))) {
          this.#doubtful = [...this.#doubtful, { file, directory }];
          throw new FileFault(IS_THERE, "");
        }
        this.#say(t("Sending {name}, {size} …", { name: file.name, size: bytesInWords(file.size) }));
        await putFile(ticket, path, file, mayReplace);
        await this.#read(ticket, directory);
        brought += 1;
      });
      if (!isDone) return;
    }
    if (brought > 0) this.#say(brought === 1 ? t("{name} is there.", { name: files[0]?.name ?? "" }) : t("{count} files are there.", { count: brought }));
  }

  /** Returns the ticket of the session, opened if there is none. */
  async #ticket(): Promise<Ticket | undefined> {
    const session = this.notebook.needSession();
    session.join();
    return (await session.lives()) ? session.ticket : undefined;
  }

  /** Waits until no evaluation runs. */
  #idle(): Promise<void> {
    const { notebook } = this;
    if (notebook.pending.length === 0) return Promise.resolve();
    this.#say(t("Waiting for the evaluation to end …"));
    return new Promise((resolve) => {
      const stop = notebook.watch(() => {
        if (notebook.pending.length > 0) return;
        stop();
        this.#say("");
        resolve();
      });
    });
  }

  /** Does something, and says why if it fails. Returns whether the next may follow. */
  async #try(about: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      if (error.status === IS_THERE) {
        this.#say("");
        return true;
      }
      this.#say(error.status === 0 ? about + error.message : error.message, true);
      return false;
    }
  }

  #say(text: string, isFault = false): void {
    this.#standing = text;
    this.#isFault = isFault;
    this.requestUpdate();
  }

  // ---------------------------------------------------------------- choosing

  #chosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    input.value = "";
    void this.#bring(files, this.#directory, false);
  }

  readonly #draggedOver = (event: DragEvent): void => {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    this.#turn(true);
  };

  readonly #draggedOut = (event: DragEvent): void => {
    if (event.relatedTarget === null) this.#turn(false);
  };

  readonly #dropped = (event: DragEvent): void => {
    this.#turn(false);
    if (!bringsFiles(event)) return;
    event.preventDefault();
    void this.#bring([...(event.dataTransfer?.files ?? [])], this.#directory, false);
  };

  #turn(isOver: boolean): void {
    if (isOver === this.#isOver) return;
    this.#isOver = isOver;
    this.requestUpdate();
  }
}

/** Whether files are being dragged, and not over an editor, which takes their text. */
function bringsFiles(event: DragEvent): boolean {
  const isForEditor = event.target instanceof Element && event.target.closest("sagews-editor") !== null;
  return !isForEditor && event.dataTransfer?.types.includes("Files") === true;
}

function above(directory: string): string {
  return directory.replace(/[^/]*\/$/, "");
}

/** Returns a path as a reader would write it; one that is no text as it stands in addresses. */
function readable(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

addStyle(style);
customElements.define("sagews-files", FilesView);
