/** What the HTTP API says when it refuses. */
import { fieldsOf, textOf } from "./content";
import { t } from "./language";

/** Returns in one line, for the reader, why a request was refused. */
export async function reason(response: Response): Promise<string> {
  let error;
  try {
    error = fieldsOf(fieldsOf((await response.json()) as unknown)["error"]);
  } catch {
    error = {};
  }
  const what = textOf(error["what"]);
  if (what === "") return t("the server refused it ({status}): try again", { status: String(response.status) });
  const noun = textOf(error["noun"]);
  const hint = textOf(error["hint"]);
  return `${noun === "" ? "" : `${noun}: `}${what}${hint === "" ? "" : `; ${hint}`}.`;
}
