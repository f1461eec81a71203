/** One workspace: its files, brought in by choosing or dropping them, looked at, renamed, deleted, taken out. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { t } from "../language";
import { bytesInWords } from "../words";
import { addressOf } from "../worksheets/address";
import { encoded, type Ask, type FileEntry, type Saved, type Workspace } from "./ask";
import { question, show } from "./dialogs";
import { ofSave, type Outcome } from "./outcome";
import { hasPreview, preview } from "./preview";
import "./sharing-view";
import { Standing } from "./standing";
import { Upload } from "./upload";

/** A worksheet with nothing in it: every program reads notebooks of this format. */
const EMPTY = JSON.stringify({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 }, undefined, 1);
/** Files that can be made worksheets, by their names. */
const CONVERTIBLE = /\.(sagews|py|md|ptx|xml)$/i;
/** Milliseconds until the browser has surely begun to save what it was given. */
const SAVED_AFTER = 60_000;

export class OpenView extends LitElement {
  declare ask: Ask;
  declare workspace: string;
  /** Whether the reader came by a link. */
  declare byLink: boolean;

  readonly #standing = new Standing(this);
  readonly #upload = new Upload(this, (file) => this.#put(file), () => this.#load());
  #found: Workspace | undefined;
  #files: FileEntry[] = [];
  #version = "";
  /** By path: the version in which it was saved from here since the list was made. */
  readonly #own = new Map<string, string>();
  #isOver = false;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("dragover", this.#draggedOver);
    document.addEventListener("dragleave", this.#draggedOut);
    document.addEventListener("drop", this.#dropped);
    void this.#renew();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("dragover", this.#draggedOver);
    document.removeEventListener("dragleave", this.#draggedOut);
    document.removeEventListener("drop", this.#dropped);
  }

  protected override render(): TemplateResult {
    const found = this.#found;
    if (found !== undefined) document.title = `${found.name}: sagews`;
    return html`<p><a href="#">${t("Workspaces")}</a></p>
      <h1>${found?.name ?? t("Workspace")}</h1>
      ${found === undefined ? nothing : this.#actions(found)} ${this.#standing.shown()} ${this.#upload.shown()}
      ${found === undefined ? nothing : this.#entries()}
      ${found?.role === "owner" ? html`<sagews-workspace-sharing .ask=${this.ask} .workspace=${found.id}></sagews-workspace-sharing>` : nothing}`;
  }

  get #maySave(): boolean {
    return this.#found?.role === "editor" || this.#found?.role === "owner";
  }

  #actions(found: Workspace): TemplateResult {
    const button = (label: string, act: () => Promise<void>) => html`<button @click=${() => { void act(); }}>${label}</button>`;
    return html`<div class="actions">
        ${this.#maySave ? html`<button @click=${() => { this.querySelector("input")?.click(); }}>${t("Add files")}</button>` : nothing}
        ${this.#maySave ? html`<button class="main" @click=${() => { void this.#newWorksheet(); }}>${t("New worksheet")}</button>` : nothing}
        ${button(t("Renew"), () => this.#renew())}
        ${this.#files.length === 0 ? nothing : button(t("Download"), () => this.#archive("zip"))}
        ${this.#files.length === 0 ? nothing : button(t("With history"), () => this.#archive("bundle"))}
        ${this.byLink ? nothing : button(t("Copy address for git"), () => this.#gitAddress(found))}
        ${this.byLink ? nothing : button(t("Published"), () => this.#publish())}
        ${this.byLink ? button(t("Join"), () => this.#join()) : button(t("Copy"), () => this.#copy())}
        ${this.byLink || found.role === "owner" ? nothing : button(t("Leave"), () => this.#leave(found))}
        ${found.role === "owner" ? button(t("Rename"), () => this.#rename()) : nothing}
        ${found.role === "owner" ? button(t("Delete"), () => this.#delete()) : nothing}
      </div>
      <input type="file" multiple hidden @change=${(event: Event) => { this.#chosen(event); }} />`;
  }

  #entries(): TemplateResult {
    const hint = this.#maySave ? html`<p class="drop ${this.#isOver ? "over" : ""}">${t("Drop files anywhere on this page to add them.")}</p>` : nothing;
    return html`<h2>${t("Files")}</h2>
      ${hint}
      ${this.#files.length === 0 ? html`<p class="soft">${this.#maySave ? t("There is nothing here yet: make a worksheet, or add files.") : t("There is nothing here yet.")}</p>` : html`<ul class="entries">${this.#files.map((file) => this.#entry(file))}</ul>`}`;
  }

  #entry(file: FileEntry): TemplateResult {
    const button = (label: string, act: (file: FileEntry) => Promise<void>) =>
      html`<button aria-label="${label} ${file.path}" @click=${() => { void act.call(this, file); }}>${label}</button>`;
    return html`<li>
      <span class="path">${isWorksheet(file.path) ? html`<a href=${this.#address(file.path)}>${file.path}</a>` : file.path} <span class="soft">${bytesInWords(file.size)}</span></span>
      <span class="actions">
        ${hasPreview(file) ? button(t("Look"), (each) => this.#look(each)) : nothing} ${button(t("Download"), (each) => this.#download(each))}
        <a class="button" aria-label=${t("History of {path}", { path: file.path })} href=${this.#historyOf(file)}>${t("History")}</a>
        ${this.#maySave && !this.byLink && isWorksheet(file.path) ? button(t("Publish"), (each) => this.#publish(each)) : nothing}
        ${isWorksheet(file.path) ? button(t("Export"), (each) => this.#export(each)) : nothing}
        ${this.#maySave && CONVERTIBLE.test(file.path) ? button(t("As worksheet"), (each) => this.#asWorksheet(each)) : nothing}
        ${this.#maySave ? button(t("Rename"), (each) => this.#renameFile(each)) : nothing}
        ${this.#maySave ? button(t("Delete"), (each) => this.#deleteFile(each)) : nothing}
      </span>
    </li>`;
  }

  /** Returns the address of the page of a file's history. */
  #historyOf({ path }: FileEntry): string {
    const link = new URLSearchParams(location.hash.slice(1)).get("link") ?? "";
    return `/workspaces/${this.workspace}/history/${encoded(path)}${link === "" ? "" : `#link=${encodeURIComponent(link)}`}`;
  }

  // ------------------------------------------------------------------ files

  async #renew(): Promise<void> {
    await this.#standing.during("", async () => {
      this.#found = await this.ask.find(this.workspace);
      await this.#load();
    });
  }

  async #load(): Promise<void> {
    ({ version: this.#version, files: this.#files } = await this.ask.files(this.workspace));
    this.#own.clear();
  }

  #address(path: string): string {
    return addressOf({ workspace: this.#found?.id ?? "", path, link: this.ask.link });
  }

  /** Makes an empty worksheet and opens it; one of that name that is there already is opened as it is. */
  async #newWorksheet(): Promise<void> {
    const name = await question({ title: t("New worksheet"), text: t("With slashes, it goes into a folder."), go: t("Make it"), label: t("Name"), value: "worksheet.ipynb" });
    if (name === undefined) return;
    const path = isWorksheet(name) ? name : `${name}.ipynb`;
    await this.#standing.during("", async () => {
      if (!this.#files.some((file) => file.path === path)) await this.ask.put(this.workspace, path, this.#version, new Blob([EMPTY]));
      location.assign(this.#address(path));
    });
  }

  async #look(file: FileEntry): Promise<void> {
    await this.#standing.during("", async () => {
      await show(file.path, await preview(file, await this.ask.fetch(this.workspace, file.path)));
    });
  }

  async #download(file: FileEntry): Promise<void> {
    await this.#standing.during("", async () => {
      save(await this.ask.fetch(this.workspace, file.path), file.path.slice(file.path.lastIndexOf("/") + 1));
    });
  }

  async #archive(kind: string): Promise<void> {
    await this.#standing.during("", async () => {
      save(await this.ask.archive(this.workspace, kind), `${this.#found?.name ?? "workspace"}.${kind}`);
    });
  }

  async #renameFile({ path }: FileEntry): Promise<void> {
    const to = await question({ title: t("Rename the file"), text: t("With slashes, it goes into a folder."), go: t("Rename"), label: t("New name"), value: path });
    if (to === undefined || to === path) return;
    await this.#change(t("{path} is {to} now.", { path, to }), () => this.ask.renameFile(this.workspace, path, to, this.#version));
  }

  async #deleteFile({ path }: FileEntry): Promise<void> {
    const text = t("Versions before this one, which have it, stay in the history.");
    if ((await question({ title: t("Delete {name}?", { name: path }), text, go: t("Delete") })) === undefined) return;
    await this.#change(t("{path} is deleted.", { path }), () => this.ask.removeFile(this.workspace, path, this.#version));
  }

  /** Publishes a worksheet, or shows what is published. */
  async #publish(file?: FileEntry): Promise<void> {
    await this.#standing.during("", async () => {
      const { publish, showPublished } = await import("./publish-view");
      if (file !== undefined) await publish(this.ask, this.workspace, file.path);
      else this.#standing.say(await showPublished(this.ask, this.workspace, this.#maySave));
    });
  }

  async #export({ path }: FileEntry): Promise<void> {
    await this.#standing.during("", async () => {
      const { exported } = await import("./convert-view");
      const made = await exported(this.ask, this.workspace, path, (text) => {
        this.#standing.say(text);
      });
      this.#standing.say("");
      if (made !== undefined) save(made.content, made.name);
    });
  }

  async #asWorksheet({ path }: FileEntry): Promise<void> {
    const make = async () => {
      const { asWorksheet } = await import("./convert-view");
      this.#standing.say(await asWorksheet(this.ask, this.workspace, path));
    };
    await this.#standing.change("", make, () => this.#load());
  }

  /** Saves a file on the version that the reader has seen of it. */
  async #put(file: File): Promise<Outcome> {
    const own = this.#own.get(file.name);
    const isKnown = own !== undefined || this.#files.some(({ path }) => path === file.name);
    const saved = await this.ask.put(this.workspace, file.name, own ?? this.#version, file);
    if (saved.remarks.length === 0) this.#own.set(file.name, saved.version);
    return ofSave(file.name, saved, isKnown);
  }

  /** Saves something, and tells what is not as it was asked. */
  async #change(done: string, work: () => Promise<Saved>): Promise<void> {
    const told = async () => {
      const { remarks } = await work();
      this.#standing.say(remarks.length === 0 ? done : remarks.join(" "), remarks.length > 0);
    };
    await this.#standing.change("", told, () => this.#load());
  }

  // -------------------------------------------------------------- the whole

  async #rename(): Promise<void> {
    const name = await question({ title: t("Rename the workspace"), go: t("Rename"), label: t("Name"), value: this.#found?.name ?? "" });
    if (name === undefined) return;
    await this.#standing.change(t("It is called so."), () => this.ask.rename(this.workspace, name), async () => {
      this.#found = await this.ask.find(this.workspace);
    });
  }

  async #delete(): Promise<void> {
    const text = t("Nobody sees it from then on. For 30 days an owner can bring it back.");
    if ((await question({ title: t("Delete {name}?", { name: this.#found?.name ?? "" }), text, go: t("Delete") })) === undefined) return;
    if (await this.#standing.during("", () => this.ask.remove(this.workspace))) location.hash = "";
  }

  async #copy(): Promise<void> {
    const name = await question({ title: t("Copy the workspace"), text: t("The copy is yours, with the whole history."), go: t("Copy"), label: t("Name"), value: t("Copy of {name}", { name: this.#found?.name ?? "" }) });
    if (name === undefined) return;
    await this.#standing.during("", async () => {
      location.hash = `id=${(await this.ask.copy(this.workspace, name)).id}`;
    });
  }

  async #leave({ name }: Workspace): Promise<void> {
    await this.#standing.during("", async () => {
      const text = t("You come in again if an owner lets you in, or by a link that is still good. What you saved stays.");
      if ((await question({ title: t("Leave {name}?", { name }), text, go: t("Leave") })) === undefined) return;
      await this.ask.removeMember(this.workspace, "me");
      location.hash = "";
    });
  }

  async #gitAddress({ id }: Workspace): Promise<void> {
    const address = `${location.origin}/git/${id}.git`;
    try {
      await navigator.clipboard.writeText(address);
      this.#standing.say(t("Copied: {address}", { address }));
    } catch {
      // Not everywhere is there a clipboard, nor may a page write to it.
      this.#standing.say(address);
    }
  }

  async #join(): Promise<void> {
    await this.#standing.during("", async () => {
      await this.ask.join(this.workspace);
      location.hash = `id=${this.workspace}`;
    });
  }

  // --------------------------------------------------------------- dragging

  #chosen(event: Event): void {
    const input = event.target;
    if (!(input instanceof HTMLInputElement)) return;
    const files = [...(input.files ?? [])];
    input.value = "";
    void this.#upload.add(files);
  }

  readonly #draggedOver = (event: DragEvent): void => {
    if (!this.#maySave || event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    this.#over(true);
  };

  readonly #draggedOut = (event: DragEvent): void => {
    if (event.relatedTarget === null) this.#over(false);
  };

  readonly #dropped = (event: DragEvent): void => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!this.#maySave || files.length === 0) return;
    event.preventDefault();
    this.#over(false);
    void this.#upload.add(files);
  };

  #over(isOver: boolean): void {
    if (this.#isOver === isOver) return;
    this.#isOver = isOver;
    this.requestUpdate();
  }
}

function isWorksheet(path: string): boolean {
  return path.endsWith(".ipynb");
}

/** Has the browser save something under a name. */
function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => { URL.revokeObjectURL(link.href); }, SAVED_AFTER);
}

customElements.define("sagews-workspace", OpenView);
