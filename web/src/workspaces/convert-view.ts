/** Worksheets as files of other formats, and files of other formats as worksheets. Loaded when asked for. */
import { textOf } from "../content";
import { t } from "../language";
import type { Ask } from "./ask";
import { question } from "./dialogs";

/** Formats that are written: how the name of a file of each ends, and what it is called. */
const FORMATS: Readonly<Record<string, readonly [string, string]>> = {
  html: [".html", t("Web page (HTML)")],
  pdf: [".pdf", "PDF"],
  ipynb: [".ipynb", t("Notebook (.ipynb)")],
  percent: [".py", t("Python with cells (# %%)")],
  light: [".py", t("Python with comments")],
  markdown: [".md", "Markdown"],
  myst: [".md", "MyST Markdown"],
  pretext: [".ptx", "PreTeXt"],
};

/** Asks for a format, says what takes its time; returns the worksheet in it and what that file is called, or undefined if the reader does not go on. */
export async function exported(
  ask: Ask,
  workspace: string,
  path: string,
  say: (text: string) => void,
): Promise<{ content: Blob; name: string } | undefined> {
  const format = await question({
    title: t("Export {name}", { name: path }),
    text: t("It is exported as it is saved now. Only a web page, a PDF and a notebook have its outputs."),
    go: t("Export"),
    label: t("Format"),
    choices: Object.entries(FORMATS).map(([of, [, called]]) => [of, called] as const),
  });
  if (format === undefined) return undefined;
  if (format === "pdf") say(t("{name} is being printed: this takes some seconds, and ends if you leave this page.", { name: path }));
  const content = await ask.blob(`/${workspace}/exported?${new URLSearchParams({ path, format }).toString()}`);
  const stem = path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
  return { content, name: `${stem}${FORMATS[format]?.[0] ?? ""}` };
}

/** Makes a worksheet of a file, beside it; returns what is to be said of it. */
export async function asWorksheet(ask: Ask, workspace: string, path: string): Promise<string> {
  const made = await ask.json("POST", `/${workspace}/imported`, { path });
  const repairs = Array.isArray(made["repairs"]) ? made["repairs"].map(textOf) : [];
  const said = t("{path} is made.", { path: textOf(made["path"]) });
  return repairs.length === 0 ? said : `${said} ${t("Mended: {what}.", { what: repairs.join("; ") })}`;
}
