/** The files that a cell has made, as links in `.sagecell_sessionFiles`. */
import { fetchFile, list, type FileEntry } from "../files";
import type { Ticket } from "../session";
import { bytesInWords } from "../words";
import { made } from "./markup";

/** Shows the files that are there now. Returns whether there are any. */
export async function showFiles(place: HTMLElement, ticket: Ticket): Promise<boolean> {
  let entries: FileEntry[];
  try {
    entries = (await list(ticket, "")).entries;
  } catch {
    return false;
  }
  const files = entries.filter(({ name, kind }) => kind === "file" && !name.startsWith("."));
  place.replaceChildren(...files.map((file) => made("div", "", fileLink(ticket, file), ` ${bytesInWords(file.size)}`)));
  return files.length > 0;
}

/** The address of a file is no secret, and its session's token is: so it is fetched when it is asked for, and saved. */
function fileLink(ticket: Ticket, file: FileEntry): HTMLAnchorElement {
  const link = made("a", "", file.name);
  link.href = "#";
  link.download = file.name;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    void save(ticket, file, link);
  });
  return link;
}

async function save(ticket: Ticket, { path, name }: FileEntry, link: HTMLAnchorElement): Promise<void> {
  link.title = "";
  try {
    const address = URL.createObjectURL(await fetchFile(ticket, path));
    const saving = made("a", "");
    saving.href = address;
    saving.download = name;
    saving.click();
    setTimeout(() => { URL.revokeObjectURL(address); }, 60_000);
  } catch (error) {
    link.after(made("span", "remark", ` ${name}: ${error instanceof Error ? error.message : ""}`));
  }
}
