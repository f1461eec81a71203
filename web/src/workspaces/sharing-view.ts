/** Who may come into a workspace, for its owners: members, and links. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { coded, language, t } from "../language";
import type { Ask, Link, Member } from "./ask";
import { question, show } from "./dialogs";
import { Standing } from "./standing";

const MEMBER_ROLES = ["viewer", "editor", "owner"];
const LINK_ROLES = ["viewer", "editor"];
const REMOVED = t("By their account they come in no more. Links stay good: by one that they know they still come in, until you take it back or it expires.");

export class SharingView extends LitElement {
  declare ask: Ask;
  declare workspace: string;

  readonly #standing = new Standing(this);
  #members: Member[] = [];
  #links: Link[] = [];

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#renew();
  }

  protected override render(): TemplateResult {
    return html`<h2>${t("Who may come in")}</h2>
      ${this.#standing.shown()}
      <ul class="entries">
        ${this.#members.map((each) => this.#member(each))}
      </ul>
      <form @submit=${(event: SubmitEvent) => { void this.#put(event); }}>
        <label>${t("Account: its id, or an address")} <input name="account" required maxlength="200" autocomplete="off" /></label>
        <label>${t("As")} ${roles(MEMBER_ROLES)}</label>
        <button>${t("Let in")}</button>
      </form>
      <h2>${t("Links")}</h2>
      <p class="soft">${t("Whoever has a link may come in, until it expires or is taken back.")}</p>
      ${this.#links.length === 0 ? nothing : html`<ul class="entries">${this.#links.map((each) => this.#link(each))}</ul>`}
      <form @submit=${(event: SubmitEvent) => { void this.#make(event); }}>
        <label>${t("For")} ${roles(LINK_ROLES)}</label>
        <label>${t("Days")} <input name="days" type="number" min="1" max="366" value="30" required /></label>
        <button>${t("Make a link")}</button>
      </form>`;
  }

  #member(each: Member): TemplateResult {
    const name = each.name || each.account;
    return html`<li>
      <span>${name} <span class="soft">${called(each.role)}</span></span>
      <button aria-label=${t("Remove {name}", { name })} @click=${() => { void this.#remove(each); }}>${t("Remove")}</button>
    </li>`;
  }

  #link({ id, role, expires }: Link): TemplateResult {
    const until = new Date(1000 * expires).toLocaleDateString(language);
    return html`<li>
      <span>${t("{role}, until {until}", { role: called(role), until })}</span>
      <button aria-label=${t("Take back the link for {role} until {until}", { role: called(role), until })} @click=${() => { void this.#revoke(id); }}>${t("Take back")}</button>
    </li>`;
  }

  async #renew(): Promise<void> {
    await this.#standing.during("", () => this.#load());
  }

  async #load(): Promise<void> {
    [this.#members, this.#links] = await Promise.all([this.ask.members(this.workspace), this.ask.links(this.workspace)]);
  }

  async #put(event: SubmitEvent): Promise<void> {
    const [form, fields] = sent(event);
    await this.#standing.during(t("They may come in."), async () => {
      this.#members = await this.ask.putMember(this.workspace, textIn(fields, "account"), textIn(fields, "role"));
      form.reset();
    });
  }

  async #remove({ account, name }: Member): Promise<void> {
    if ((await question({ title: t("Remove {name}?", { name: name || account }), text: REMOVED, go: t("Remove") })) === undefined) return;
    await this.#standing.change(t("They are no member any more."), () => this.ask.removeMember(this.workspace, account), () => this.#load());
  }

  async #make(event: SubmitEvent): Promise<void> {
    const [, fields] = sent(event);
    await this.#standing.during("", async () => {
      const token = await this.ask.makeLink(this.workspace, textIn(fields, "role"), Number(textIn(fields, "days")));
      const address = `${location.origin}/workspaces#id=${this.workspace}&link=${token}`;
      await show(t("A new link"), html`<p>${t("It is shown this once.")}</p><p><code>${address}</code></p>`);
    });
    await this.#renew();
  }

  async #revoke(link: string): Promise<void> {
    await this.#standing.change(t("It is good no more."), () => this.ask.revokeLink(this.workspace, link), () => this.#load());
  }
}

function roles(of: string[]): TemplateResult {
  return html`<select name="role">${of.map((role) => html`<option value=${role}>${called(role)}</option>`)}</select>`;
}

function called(role: string): string {
  return coded("role", role, role);
}

/** Returns a form that is not sent by the browser, and what is in it. */
function sent(event: SubmitEvent): [HTMLFormElement, FormData] {
  event.preventDefault();
  if (!(event.target instanceof HTMLFormElement)) throw new Error("what is sent is no form");
  return [event.target, new FormData(event.target)];
}

function textIn(fields: FormData, name: string): string {
  const value = fields.get(name);
  return typeof value === "string" ? value : "";
}

customElements.define("sagews-workspace-sharing", SharingView);
