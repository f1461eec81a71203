/** Copies a published worksheet, which the address names, into a workspace. Loaded when somebody comes for that. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { textOf } from "../content";
import { t } from "../language";
import { Fault, type Ask, type Workspace } from "./ask";

export class CopyView extends LitElement {
  declare ask: Ask;
  declare publication: string;

  #workspaces: Workspace[] | undefined;
  #said = "";
  #isNobody = false;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#try(async () => {
      const found = await Promise.all([this.ask.list("mine"), this.ask.list("shared")]);
      this.#workspaces = found.flat().filter(({ role }) => role !== "viewer");
    });
  }

  protected override render(): TemplateResult {
    const signIn = `/sign-in?next=${encodeURIComponent(`/workspaces#copy=${this.publication}`)}`;
    return html`<p><a href="#">${t("Workspaces")}</a></p>
      <h1>${t("Copy a published worksheet")}</h1>
      <p class="standing ${this.#said === "" ? "" : "bad"}" role="status">${this.#said}</p>
      ${this.#isNobody ? html`<p><a href=${signIn}>${t("Sign in, and go on here")}</a></p>` : nothing}
      ${this.#workspaces === undefined ? nothing : this.#form(this.#workspaces)}`;
  }

  #form(workspaces: Workspace[]): TemplateResult {
    return html`<form @submit=${(event: SubmitEvent) => { void this.#copy(event); }}>
      <label>${t("Into")} <select name="into">
        <option value="">${t("a new workspace")}</option>
        ${workspaces.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
      </select></label>
      <button class="main">${t("Copy")}</button>
      <a href="/published/${encodeURIComponent(this.publication)}">${t("Back to it")}</a>
    </form>`;
  }

  async #copy(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const select = this.querySelector<HTMLSelectElement>("[name=into]");
    await this.#try(async () => {
      const into = select?.value || (await this.ask.make(t("Copied worksheets"))).id;
      const path = textOf((await this.ask.json("POST", `/${into}/copies`, { publication: this.publication }))["path"]);
      location.hash = `id=${into}&copied=${encodeURIComponent(path)}`;
    });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    [this.#said, this.#isNobody] = ["", false];
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      [this.#said, this.#isNobody] = [error.status === 401 ? t("To copy it, you need a workspace of your own.") : error.message, error.status === 401];
    }
    this.requestUpdate();
  }
}

customElements.define("sagews-workspace-copy", CopyView);
