/** A Markdown cell as it is read, with formulas; pictures that are attached to the cell are shown in it. */
import { fieldsOf, textOf } from "../content";
import type { WorksheetCell } from "./worksheet-cell";

const PICTURE = /^image\/(png|jpeg|gif|webp|svg\+xml)$/;

export async function rendered(cell: WorksheetCell): Promise<HTMLElement> {
  const { markdown } = await import("../markdown");
  return markdown(withPictures(cell));
}

/** Returns the source with what is attached in place of its name. */
function withPictures(cell: WorksheetCell): string {
  const { source, maps } = cell.values;
  return source.replace(/\(attachment:([^)\s]+)/g, (whole, name: string) => addressOf(maps.attachments[decoded(name)] ?? "{}") ?? whole);
}

function addressOf(text: string): string | undefined {
  try {
    const [kind, data] = Object.entries(fieldsOf(JSON.parse(text) as unknown)).find(([each]) => PICTURE.test(each)) ?? ["", ""];
    return kind === "" ? undefined : `(data:${kind};base64,${textOf(data).replace(/[^A-Za-z0-9+/=]/g, "")}`;
  } catch {
    return undefined;
  }
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
