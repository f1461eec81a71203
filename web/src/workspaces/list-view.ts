/** The list of workspaces: one's own, those of others, and what was deleted. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { coded, t } from "../language";
import type { Ask, Workspace } from "./ask";
import { Cloning } from "./clone-view";
import { question } from "./dialogs";
import { Standing } from "./standing";

export class ListView extends LitElement {
  declare ask: Ask;

  readonly #standing = new Standing(this);
  readonly #cloning = new Cloning(this, () => this.ask, this.#standing);
  #mine: Workspace[] = [];
  #shared: Workspace[] = [];
  #deleted: Workspace[] = [];

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#renew();
  }

  protected override render(): TemplateResult {
    document.title = `${t("Workspaces")}: sagews`;
    return html`<h1>${t("Workspaces")}</h1>
      <p class="actions"><button class="main" @click=${() => { void this.#make(); }}>${t("New workspace")}</button> ${this.#cloning.shown()}</p>
      ${this.#standing.shown()}
      ${this.#mine.length === 0 ? html`<p class="soft">${t("A workspace keeps your files with their whole history. You have none yet.")}</p>` : this.#entries(this.#mine)}
      ${this.#shared.length === 0 ? nothing : html`<h2>${t("Shared with you")}</h2>${this.#entries(this.#shared)}`}
      ${this.#deleted.length === 0 ? nothing : html`<h2>${t("Deleted")}</h2><p class="soft">${t("For 30 days they can be brought back.")}</p>${this.#gone()}`}`;
  }

  #entries(workspaces: Workspace[]): TemplateResult {
    return html`<ul class="entries">
      ${workspaces.map(
        ({ id, name, role, owner }) => html`<li>
          <a href="#id=${id}">${name}</a>
          <span class="soft">${role === "owner" ? "" : t("{role}, of {owner}", { role: coded("role", role, role), owner: owner || t("somebody") })}</span>
        </li>`,
      )}
    </ul>`;
  }

  #gone(): TemplateResult {
    return html`<ul class="entries">
      ${this.#deleted.map(
        (each) => html`<li>
          <span>${each.name}</span>
          <button aria-label=${t("Bring back {name}", { name: each.name })} @click=${() => { void this.#restore(each); }}>${t("Bring back")}</button>
        </li>`,
      )}
    </ul>`;
  }

  async #renew(): Promise<void> {
    await this.#standing.during("", () => this.#load());
  }

  async #load(): Promise<void> {
    [this.#mine, this.#shared, this.#deleted] = await Promise.all([this.ask.list("mine"), this.ask.list("shared"), this.ask.list("deleted")]);
    await this.#cloning.load();
  }

  async #make(): Promise<void> {
    const name = await question({ title: t("New workspace"), go: t("Make it"), label: t("Name") });
    if (name === undefined) return;
    await this.#standing.during("", async () => {
      const made = await this.ask.make(name);
      location.hash = `id=${made.id}`;
    });
  }

  async #restore({ id, name }: Workspace): Promise<void> {
    await this.#standing.change(t("{name} is back.", { name }), () => this.ask.restore(id), () => this.#load());
  }
}

customElements.define("sagews-workspace-list", ListView);
