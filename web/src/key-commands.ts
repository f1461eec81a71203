/** What the keys of the row do in an editor. Part of what is loaded with the editor. */
import { cursorCharLeft, cursorCharRight, cursorLineDown, cursorLineUp, undo } from "@codemirror/commands";

import { tab } from "./editor";

export const keyCommands = { tab, left: cursorCharLeft, right: cursorCharRight, up: cursorLineUp, down: cursorLineDown, undo };
