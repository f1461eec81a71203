/** The elements of a cell, with the classes that pages know. */
import { LANGUAGES } from "./options";
import { t } from "./own-words";

export interface Markup {
  /** The field of the code. */
  commands: HTMLTextAreaElement;
  /** Holds the field, and an editor before it. */
  editor: HTMLElement;
  button: HTMLButtonElement;
  language: HTMLSelectElement;
  /** Holds all that comes of evaluations. */
  elements: HTMLElement;
  output: HTMLElement;
  messages: HTMLElement;
}

const TITLES: Readonly<Record<string, string>> = { sage: "Sage", gap: "Gap", gp: "GP", html: "HTML", macaulay2: "Macaulay2", maxima: "Maxima", octave: "Octave", python: "Python", r: "R", singular: "Singular" };

/** Returns an element with a class, and what is in it. */
export function made<Name extends keyof HTMLElementTagNameMap>(name: Name, className: string, ...content: (Node | string)[]): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className !== "") element.className = className;
  element.append(...content);
  return element;
}

/** Puts the elements of a cell into its place, instead of what is there. */
export function fill(input: HTMLElement, commands: HTMLTextAreaElement, languages: readonly string[]): Markup {
  commands.classList.add("sagecell_commands");
  for (const name of ["autocapitalize", "autocomplete", "autocorrect"]) commands.setAttribute(name, "off");
  commands.spellcheck = false;
  if (!commands.hasAttribute("aria-label")) commands.setAttribute("aria-label", t("Code"));
  const editor = made("div", "sagecell_editor", commands);
  const button = made("button", "sagecell_evalButton");
  button.type = "button";
  const language = made("select", "", ...LANGUAGES.map((name) => option(name, languages.includes(name))));
  const options = made("div", "sagecell_options", made("div", "sagecell_language", made("label", "", t("Language:"), " ", language)));
  const output = made("div", "sagecell_output");
  const messages = made("div", "sagecell_messages");
  const elements = made("div", "sagecell_output_elements", output, messages);
  elements.style.display = "none";
  input.replaceChildren(made("div", "sagecell_input", editor, button, options), elements);
  return { commands, editor, button, language, elements, output, messages };
}

function option(name: string, isOffered: boolean): HTMLOptionElement {
  const element = made("option", "", TITLES[name] ?? name);
  element.value = name;
  // Hidden alone, it could still be chosen with the keyboard.
  element.hidden = element.disabled = !isOffered;
  return element;
}

/** Returns the element of an editor, which shows the code as text at first. */
export function editorPlace(code: string): { wrapper: HTMLElement; scroll: HTMLElement; fullScreen: HTMLButtonElement } {
  const fullScreen = made("button", "sagecell_fullScreen", "⤢");
  fullScreen.type = "button";
  fullScreen.title = t("Full-screen editor, and back (F11)");
  fullScreen.setAttribute("aria-label", t("Full-screen editor"));
  const scroll = made("div", "CodeMirror-scroll", made("pre", "CodeMirror-lines", code));
  const wrapper = made("div", "CodeMirror", fullScreen, scroll);
  return { wrapper, scroll, fullScreen };
}
