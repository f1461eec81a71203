/** The dialog with the keys of a worksheet. */
import { html } from "lit";

import { t } from "../language";
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
        (each) => html`<tr><td>${keysOf(each).map((key, place) => html`${place > 0 ? ` ${t("or")} ` : ""}<kbd>${shown(key)}</kbd>`)}</td><td>${each.label}</td></tr>`,
      )}
    </tbody>
  </table>`;
  await show(t("Keys"), html`<div class="help" tabindex="0" role="region" aria-label=${t("All keys")}>
    <p>${t("Enter writes in a cell; Escape leaves it, and then each key is a command. On a Mac, Cmd is Ctrl.")}</p>
    ${table(t("While a cell is selected"), ({ keys }) => keys)} ${table(t("While writing in a cell"), ({ writingKeys = [] }) => writingKeys)}
  </div>`);
}

function shown(key: string): string {
  return key.split("+").map((part) => NAMES[part.toLowerCase()] ?? part).join("+");
}
