/** The dialog with the keys of a worksheet. */
import { html } from "lit";

import { show } from "../workspaces/dialogs";
import { COMMANDS, type Command } from "./commands";

const NAMES: Readonly<Record<string, string>> = { arrowup: "↑", arrowdown: "↓" };

/** Shows all keys, until the reader closes it. */
export async function showHelp(): Promise<void> {
  const commands = Object.values(COMMANDS);
  const table = (title: string, keysOf: (command: Command) => readonly string[]) => html`<table>
    <caption>${title}</caption>
    <tbody>
      ${commands.filter((each) => keysOf(each).length > 0).map(
        (each) => html`<tr><td>${keysOf(each).map((key, place) => html`${place > 0 ? " or " : ""}<kbd>${shown(key)}</kbd>`)}</td><td>${each.label}</td></tr>`,
      )}
    </tbody>
  </table>`;
  await show("Keys", html`<div class="help" tabindex="0" role="region" aria-label="All keys">
    <p>Enter writes in a cell; Escape leaves it, and then each key is a command. On a Mac, Cmd is Ctrl.</p>
    ${table("While a cell is selected", ({ keys }) => keys)} ${table("While writing in a cell", ({ writingKeys = [] }) => writingKeys)}
  </div>`);
}

function shown(key: string): string {
  return key.split("+").map((part) => NAMES[part.toLowerCase()] ?? part).join("+");
}
