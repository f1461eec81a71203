/** A button that opens a short list of things to do. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

export interface MenuItem {
  label: string;
  run: () => void;
  disabled?: boolean;
}

export class Menu extends LitElement {
  static override properties = {
    label: {},
    description: {},
    items: { attribute: false },
    isOpen: { state: true },
  };

  /** What the button shows. */
  declare label: string;
  /** What the button is for, where its label does not say so. */
  declare description: string;
  declare items: MenuItem[];
  declare isOpen: boolean;

  constructor() {
    super();
    this.isOpen = false;
    this.items = [];
    this.label = "";
    this.description = "";
  }

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("pointerdown", this.#pointedElsewhere);
    this.addEventListener("keydown", this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.#pointedElsewhere);
    this.removeEventListener("keydown", this.#onKey);
  }

  protected override render(): TemplateResult {
    return html`<button
        class="plain"
        aria-haspopup="menu"
        aria-expanded=${this.isOpen}
        aria-label=${this.description === "" ? nothing : this.description}
        @click=${() => { void this.#toggle(); }}
      >${this.label}</button>
      ${this.isOpen
        ? html`<div class="menu" role="menu">
            ${this.items.map(
              (item) => html`<button role="menuitem" ?disabled=${item.disabled ?? false} @click=${() => { this.#choose(item); }}>${item.label}</button>`,
            )}
          </div>`
        : nothing}`;
  }

  async #toggle(): Promise<void> {
    this.isOpen = !this.isOpen;
    await this.updateComplete;
    if (this.isOpen) this.#choices[0]?.focus();
  }

  #choose(item: MenuItem): void {
    this.isOpen = false;
    this.querySelector("button")?.focus();
    item.run();
  }

  get #choices(): HTMLButtonElement[] {
    return [...this.querySelectorAll<HTMLButtonElement>("[role=menuitem]:not(:disabled)")];
  }

  readonly #pointedElsewhere = (event: Event): void => {
    if (this.isOpen && !event.composedPath().includes(this)) this.isOpen = false;
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (!this.isOpen) return;
    const choices = this.#choices;
    const place = choices.findIndex((choice) => choice === document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      choices[(place + step + choices.length) % choices.length]?.focus();
    } else if (event.key === "Escape") {
      this.isOpen = false;
      this.querySelector("button")?.focus();
    } else if (event.key === "Tab") {
      this.isOpen = false;
    }
  };
}

customElements.define("sagews-menu", Menu);
