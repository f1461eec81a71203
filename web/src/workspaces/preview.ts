/** A look at a file: text and tables as text, pictures as pictures, in which no browser runs a script. */
import { html, type TemplateResult } from "lit";

import { t } from "../language";
import type { FileEntry } from "./ask";

/** Bytes of a text, and of a picture, that are shown. */
const MOST_TEXT = 1 << 18;
const MOST_PICTURE = 1 << 25;
/** Rows and columns of a table that are shown. */
const MOST_ROWS = 500;
const MOST_COLUMNS = 50;

const PICTURES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  bmp: "image/bmp",
  svg: "image/svg+xml",
};

/** Whether there is a look at a file. */
export function hasPreview({ kind, size }: FileEntry): boolean {
  if (kind === "image" || kind === "pdf") return size <= MOST_PICTURE;
  return kind === "text" || kind === "table" || kind === "worksheet";
}

/** Returns what to show of a file. */
export async function preview(file: FileEntry, content: Blob): Promise<TemplateResult> {
  const suffix = file.path.slice(file.path.lastIndexOf(".") + 1).toLowerCase();
  if (file.kind === "image") {
    const address = URL.createObjectURL(new Blob([content], { type: PICTURES[suffix] ?? "image/png" }));
    const over = () => { URL.revokeObjectURL(address); };
    return html`<img class="preview" src=${address} alt=${file.path} @load=${over} @error=${over} />`;
  }
  if (file.kind === "pdf") {
    // Browsers show one in a viewer that is apart from the page; what is none by its type stays a text there.
    const address = URL.createObjectURL(new Blob([content], { type: "application/pdf" }));
    return html`<p><a class="main" href=${address} target="_blank" rel="noreferrer">${t("Open it in a tab of its own")}</a></p>`;
  }
  const text = await content.slice(0, MOST_TEXT).text();
  const cut = content.size > MOST_TEXT ? html`<p class="soft">${t("This is the beginning; download it to see all.")}</p>` : "";
  if (file.kind === "table") return html`${table(rowsOf(text, suffix === "tsv" ? "\t" : ","))}${cut}`;
  return html`<pre class="preview" tabindex="0">${text}</pre>${cut}`;
}

function table(rows: string[][]): TemplateResult {
  const [head, ...rest] = rows.slice(0, MOST_ROWS + 1).map((row) => row.slice(0, MOST_COLUMNS));
  return html`<div class="preview wide" tabindex="0"><table>
    <thead><tr>${(head ?? []).map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
    <tbody>${rest.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/** Returns the rows of a table of text, with quotes as RFC 4180 has them. */
export function rowsOf(text: string, separator: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text.charAt(at + 1) === '"') cell += text.charAt(++at);
      else isQuoted = false;
    } else if (letter === '"' && cell === "") isQuoted = true;
    else if (letter === separator) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") {
      rows.push([...row, cell.replace(/\r$/, "")]);
      [row, cell] = [[], ""];
    } else cell += letter;
  }
  return cell === "" && row.length === 0 ? rows : [...rows, [...row, cell]];
}
