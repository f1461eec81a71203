/** Which command a key means while a cell is selected and not written in. Two keys may be one command, as `D, D`. */
import { COMMANDS } from "./commands";

/** Milliseconds in which the second key of two has to come. */
const PAUSE = 1000;

export class Keyboard {
  readonly #commands = new Map<string, string>();
  #first = "";
  #at = 0;

  constructor() {
    for (const [name, { keys }] of Object.entries(COMMANDS)) for (const key of keys) this.#commands.set(key.toLowerCase(), name);
  }

  /** Returns the name of the command; undefined: the key means nothing, or the first of two. */
  pressed(event: KeyboardEvent, now = Date.now()): string | undefined {
    const key = wordOf(event);
    const first = now - this.#at < PAUSE ? this.#first : "";
    this.#first = "";
    const both = this.#commands.get(`${first}, ${key}`);
    if (both !== undefined) return both;
    if (![...this.#commands.keys()].some((each) => each.startsWith(`${key}, `))) return this.#commands.get(key);
    this.#first = key;
    this.#at = now;
    return undefined;
  }
}

function wordOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const parts = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.altKey ? "alt" : "", event.shiftKey ? "shift" : "", event.key.toLowerCase()];
  return parts.filter((part) => part !== "").join("+");
}
