/** What the page of a worksheet has to do with its file: a version now, a file of another format, publishing. Loaded when asked for. */
import { t } from "../language";
import { Ask, Fault } from "../workspaces/ask";
import { save } from "./leftovers";
import type { Place } from "./place";

export type Errand = "save" | "export" | "publish";

/** Does it, and says what takes its time; returns what the reader is to be told, empty if they have seen it. What is written is to be on the server. */
export async function runErrand(errand: Errand, { workspace, path, link }: Place, mayWrite: boolean, say: (text: string) => void): Promise<string> {
  const [ask, id] = [new Ask(link), encodeURIComponent(workspace)];
  try {
    if (mayWrite) await ask.json("POST", `/${id}/snapshots`, { path });
    if (errand === "save") return t("Saved: the history has this version.");
    if (errand === "publish") await (await import("../workspaces/publish-view")).publish(ask, id, path);
    else {
      const made = await (await import("../workspaces/convert-view")).exported(ask, id, path, say);
      if (made !== undefined) save(made.content, made.name);
    }
    return "";
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}
