/** The element of a question that a session asks: `input()` and `getpass()`. */
import { LitElement, html, nothing, type TemplateResult } from "lit";

import { t } from "./language";
import type { Prompt } from "./outputs";

export class PromptView extends LitElement {
  static override properties = { prompt: { attribute: false } };

  declare prompt: Prompt;
  /** Sends the answer. */
  declare reply: (text: string) => void;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult {
    const { question, isOpen, answer, key } = this.prompt;
    if (!isOpen) {
      const shown = question.password ? "••••" : answer;
      return html`<pre class="asked">${question.prompt}<span class="answer">${answer === "" && !question.password ? nothing : shown}</span></pre>`;
    }
    const id = `answer-${key}`;
    return html`<div class="question">
      <label for=${id}>${question.prompt === "" ? t("Input") : question.prompt}</label>
      <input
        id=${id}
        type=${question.password ? "password" : "text"}
        autocomplete="off"
        autocapitalize="off"
        autocorrect="off"
        spellcheck="false"
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== "Enter" || event.isComposing) return;
          event.preventDefault();
          this.#send();
        }}
      />
      <button class="plain" @click=${() => { this.#send(); }}>${t("Send")}</button>
    </div>`;
  }

  /** The question waits for the reader: the field takes the focus unless the reader is typing elsewhere. */
  protected override firstUpdated(): void {
    if (!this.prompt.isOpen) return;
    const root = this.getRootNode();
    const isHere = root instanceof ShadowRoot ? root.activeElement !== null : this.closest("sagews-cell")?.contains(document.activeElement) === true;
    const busyElsewhere = document.activeElement !== document.body && !isHere;
    if (!busyElsewhere) this.querySelector("input")?.focus();
  }

  #send(): void {
    this.reply(this.querySelector("input")?.value ?? "");
  }
}

customElements.define("sagews-prompt", PromptView);
