/** The element of the files of a session: what its code has written, and what is done with that.
 *
 *  Loaded when the reader opens it. The session answers between evaluations, so that what is asked for waits until
 *  none runs; after each one the list is asked for anew.
 */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { t, tn } from "../language";
import { addStyle } from "../style";
import type { NamedFile, SessionFile, SessionFiles } from "./wire";
import { bytesInWords } from "../words";
import { show } from "../workspaces/dialogs";
import { hasPreview, preview } from "../workspaces/preview";
import type { Runs } from "./runs";
import style from "./session-files.css";
import { SessionFileFault, type SessionFilesLine } from "./session-files";

/** Milliseconds until the browser has surely begun to save what it was given. */
const SAVED_AFTER = 60_000;
/** Of those that are not saved or were not sent, so many are named. */
const MOST_NAMED = 5;
const KINDS: readonly [RegExp, string][] = [
  [/\.(png|jpe?g|gif|webp|avif|bmp|svg)$/i, "image"],
  [/\.(csv|tsv)$/i, "table"],
  [/\.pdf$/i, "pdf"],
  [/\.(txt|md|py|json|log|tex)$/i, "text"],
];
const STATES = { new: t("new"), changed: t("changed"), deleted: t("deleted") } as const;

export class SessionFilesView extends LitElement {
  declare line: SessionFilesLine;
  declare runs: Runs;
  declare close: () => void;

  #found: SessionFiles | undefined;
  #chosen = new Set<string>();
  #kept: NamedFile[] = [];
  #said = "";
  #isFault = false;
  #isBusy = false;
  #wasRunning = false;
  #stop: () => void = () => undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = this.runs.watch(() => { this.#happened(); });
    this.#wasRunning = this.runs.pending.length > 0;
    void this.#renew();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override firstUpdated(): void {
    this.querySelector("button")?.focus();
  }

  protected override render(): TemplateResult {
    const found = this.#found;
    const files = found?.files ?? [];
    const chosen = files.filter(({ path, refused }) => refused === "" && this.#chosen.has(path));
    return html`<section class="outline session-files" aria-labelledby="session-files" @keydown=${(event: KeyboardEvent) => { if (event.key === "Escape") this.close(); }}>
      <div class="outline-head"><h2 id="session-files">${t("Files of the session")}</h2><button class="plain" aria-label=${t("Close the files")} @click=${() => { this.close(); }}>×</button></div>
      ${files.length === 0 ? html`<p class="soft">${t("What code writes beside the files of the workspace is listed here, and kept when you save it to the workspace.")}</p>` : nothing}
      <ul>
        ${files.map((file) => html`<li>${this.#file(file)}</li>`)}
      </ul>
      ${found?.cut === true ? html`<p class="soft">${t("There are more files than these.")}</p>` : nothing}
      ${this.#faults(t("Not sent to the session"), found?.left.map(({ name, what }) => (name === "" ? what : `${name} ${what}`)) ?? [])}
      ${this.#kept.length === 0 ? nothing : html`<p role="alert">${t("Changed here and in the workspace, and left as they are: {names}.", { names: named(this.#kept.map(({ name }) => name)) })}
        <button class="plain" @click=${() => { void this.#update(this.#kept.map(({ path }) => path)); }}>${t("Replace them")}</button></p>`}
      <div class="actions">
        <button class="main" ?disabled=${this.#isBusy || chosen.length === 0} @click=${() => { void this.#save(chosen); }}>${t("Save to workspace")}</button>
        <button class="plain" ?disabled=${this.#isBusy} @click=${() => { void this.#renew(); }}>${t("Renew")}</button>
        <button class="plain" ?disabled=${this.#isBusy} @click=${() => { void this.#update([]); }}>${t("Update files of session")}</button>
      </div>
      ${found?.newer === true ? html`<p class="soft">${t("The workspace has a newer version than the session.")}</p>` : nothing}
      <p class="soft ${this.#isFault ? "warning" : ""}" role="status">${this.#said}</p>
    </section>`;
  }

  #file(file: SessionFile): TemplateResult {
    const { path, name, state, size, refused } = file;
    const turn = (event: Event) => {
      if ((event.target as HTMLInputElement).checked) this.#chosen.add(path);
      else this.#chosen.delete(path);
      this.requestUpdate();
    };
    return html`<label><input type="checkbox" ?disabled=${refused !== ""} .checked=${refused === "" && this.#chosen.has(path)} @change=${turn} /> <span class="file-name">${name}</span></label>
      <span class="soft">${STATES[state]}${state === "deleted" || refused !== "" ? nothing : `, ${bytesInWords(size)}`}</span>
      ${refused === "" && state !== "deleted"
        ? html`${hasPreview(entryOf(file)) ? html`<button class="plain" aria-label=${t("Look at {name}", { name })} @click=${() => { void this.#look(file); }}>${t("Look")}</button>` : nothing}
            <button class="plain" aria-label=${t("Download {name}", { name })} @click=${() => { void this.#download(file); }}>${t("Download")}</button>`
        : nothing}
      ${refused === "" ? nothing : html`<span class="warning">${t("Not saved: {why}", { why: refused })}</span>`}`;
  }

  #faults(title: string, faults: readonly string[]): TemplateResult | typeof nothing {
    return faults.length === 0 ? nothing : html`<p class="soft">${title}: ${named(faults)}.</p>`;
  }

  /** What an evaluation has written is there when it has ended. */
  #happened(): void {
    const isRunning = this.runs.pending.length > 0;
    if (this.#wasRunning && !isRunning) void this.#renew();
    this.#wasRunning = isRunning;
  }

  #renew(): Promise<void> {
    return this.#do("", async () => { this.#show(await this.line.list()); });
  }

  #save(files: readonly SessionFile[]): Promise<void> {
    return this.#do(t("Saving…"), async () => {
      const { saved, refused, conflicts } = await this.line.save(files);
      this.#show(await this.line.list());
      const said = [t("{saved} of {count} saved to the workspace.", { saved, count: files.length })];
      if (refused.length > 0) said.push(t("Not saved: {why}", { why: `${named(refused.map(({ name, what }) => `${name} (${what})`))}.` }));
      for (const { name, what } of conflicts.slice(0, MOST_NAMED)) {
        said.push(what === "" ? t("Others have changed {name}, which stays as it is.", { name }) : t("Others have changed {name}: the session’s is {what}.", { name, what }));
      }
      this.#say(said.join(" "), refused.length + conflicts.length > 0);
    });
  }

  #update(replaced: readonly string[]): Promise<void> {
    return this.#do(t("Sending files to the session…"), async () => {
      const found = await this.line.update(replaced);
      this.#kept = found.kept;
      this.#show(found);
      this.#say(t("The session has the newest files of the workspace."));
    });
  }

  #download(file: SessionFile): Promise<void> {
    return this.#do(t("Fetching {name}…", { name: file.name }), async () => {
      const address = URL.createObjectURL(await this.line.fetch(file));
      const link = document.createElement("a");
      link.href = address;
      link.download = file.name.slice(file.name.lastIndexOf("/") + 1);
      link.click();
      setTimeout(() => { URL.revokeObjectURL(address); }, SAVED_AFTER);
    });
  }

  #look(file: SessionFile): Promise<void> {
    return this.#do(t("Fetching {name}…", { name: file.name }), async () => {
      await show(file.name, await preview(entryOf(file), await this.line.fetch(file)));
    });
  }

  #show(found: SessionFiles): void {
    const known = new Set(this.#found?.files.map(({ path }) => path));
    // What is new here is meant to be kept, unless the reader says otherwise.
    for (const { path } of found.files) if (!known.has(path)) this.#chosen.add(path);
    this.#found = found;
    this.requestUpdate();
  }

  /** Does something, and says why if it fails. */
  async #do(said: string, work: () => Promise<void>): Promise<void> {
    this.#isBusy = true;
    this.#say(said);
    try {
      await work();
      if (this.#said === said) this.#say("");
    } catch (error) {
      if (!(error instanceof SessionFileFault)) throw error;
      this.#say(error.message, true);
    } finally {
      this.#isBusy = false;
      this.requestUpdate();
    }
  }

  #say(text: string, isFault = false): void {
    this.#said = text;
    this.#isFault = isFault;
    this.requestUpdate();
  }
}

function named(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` ${tn("and {count} more", "and {count} more", more)}` : "");
}

/** Returns what a preview knows of a file: its kind by its name. */
function entryOf({ name, size }: SessionFile): Parameters<typeof hasPreview>[0] {
  const kind = KINDS.find(([suffix]) => suffix.test(name))?.[1] ?? "other";
  return { path: name, size, kind };
}

addStyle(style);
customElements.define("sagews-session-files", SessionFilesView);
