/** A workspace made of a git repository of another site, if this one fetches any: a button, then what goes on. */
import { html, nothing, type ReactiveControllerHost, type TemplateResult } from "lit";

import { t } from "../language";
import { Fault, type Ask } from "./ask";
import { question } from "./dialogs";
import { asLongAs } from "./leaving";
import type { Standing } from "./standing";

export class Cloning {
  readonly #host: ReactiveControllerHost;
  readonly #ask: () => Ask;
  readonly #standing: Standing;
  #hosts: string[] = [];
  /** What ends the one that goes on. */
  #going: AbortController | undefined;

  constructor(host: ReactiveControllerHost, ask: () => Ask, standing: Standing) {
    [this.#host, this.#ask, this.#standing] = [host, ask, standing];
  }

  /** Asks from where repositories are fetched. Raises Fault. */
  async load(): Promise<void> {
    this.#hosts = await this.#ask().hosts();
  }

  shown(): TemplateResult | typeof nothing {
    if (this.#hosts.length === 0) return nothing;
    if (this.#going === undefined) return html`<button @click=${() => { void this.#make(); }}>${t("From a git address")}</button>`;
    return html`<button @click=${() => { this.#going?.abort(); }}>${t("Cancel")}</button>`;
  }

  async #make(): Promise<void> {
    const anywhere = this.#hosts.includes("*");
    const text = anywhere ? t("The repository must be one that everybody can read.") : t("The repository must be one that everybody can read, at {hosts}.", { hosts: this.#hosts.join(", ") });
    const address = await question({ title: t("New workspace from a git address"), text, go: t("Make it"), label: t("Address, with https://") });
    if (address === undefined) return;
    this.#going = new AbortController();
    this.#standing.say(t("{name} is being fetched …", { name: address }));
    const { signal } = this.#going;
    try {
      const made = await asLongAs(() => this.#ask().clone(nameOf(address), address.trim(), signal));
      this.#standing.say("");
      location.hash = `id=${made.id}`;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#standing.say(error.message, !signal.aborted);
    } finally {
      this.#going = undefined;
      this.#host.requestUpdate();
    }
  }
}

/** Returns what a workspace of a repository is called: as the end of its address. */
function nameOf(address: string): string {
  const last = address.trim().replace(/\/+$/, "").split("/").at(-1) ?? "";
  return last.replace(/\.git$/, "").slice(0, 200) || "git";
}
