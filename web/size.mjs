/** Weighs the client and fails if it is too heavy: minified, gzip, KiB, style sheets included.
 *
 *  What counts is what a reader loads: the loader shows the page and its cells as text, the editor comes next,
 *  the files when they are opened, what evaluates cells by themselves when that is chosen, KaTeX only when there
 *  is LaTeX (its fonts, fetched one by one as they are used, are left out).
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { buildClient, loadedWith, named } from "./build.mjs";

const target = await mkdtemp(join(tmpdir(), "sagews-size-"));
try {
  process.exitCode = report(await weighed(await buildClient(target))) ? 0 : 1;
} finally {
  await rm(target, { recursive: true });
}

/** Returns rows of: what it is, its weight, what it may weigh. */
async function weighed({ languages, styles, widgets, main, workspaces, history, outputs, worksheet, embed, sagecell }) {
  const loadedBy = (source) => loadedWith(outputs, named(outputs, source));
  const loader = new Set(["index.html", styles.theme, styles.dark, ...loadedWith(outputs, main)]);
  const editor = new Set([...loader, ...loadedBy("editor")]);
  const latex = [styles.katex, ...[...loadedBy("latex")].filter((name) => !loader.has(name))];
  const apart = [...loadedBy("runs"), ...loadedBy("run-standing")].filter((name) => !editor.has(name));
  const sheet = new Set(["worksheet.html", styles["worksheet-style"], styles.dark, ...loadedWith(worksheet.outputs, worksheet.worksheet)]);
  const sheetEditor = Object.keys(worksheet.outputs).find((name) => worksheet.outputs[name].entryPoint === "src/worksheets/code-editor.ts");
  const sheetWhole = new Set([...sheet, ...loadedWith(worksheet.outputs, sheetEditor)]);
  const files = [...loadedBy("files-view")].filter((name) => !editor.has(name));
  const opened = loadedWith(workspaces.parts, workspaces.workspaces);
  const publishing = ["publish-view", "copy-view"].flatMap((each) => [...loadedWith(workspaces.parts, named(workspaces.parts, `workspaces/${each}`))]);
  const converting = [...loadedWith(workspaces.parts, named(workspaces.parts, "workspaces/convert-view"))];
  const embedLoader = new Set(["embed.js", ...loadedWith(embed.outputs, embed.main)]);
  const embedEditor = new Set([...embedLoader, ...["editor", "embed/alone"].flatMap((each) => [...loadedWith(embed.outputs, named(embed.outputs, each))])]);
  const library = ["embedded_sagecell.js"];
  const libraryCell = new Set([...library, ...loadedWith(sagecell.outputs, sagecell.live), ...loadedWith(sagecell.outputs, named(sagecell.outputs, "editor"))]);
  return [
    ["loader: page and cells as text", await weigh(loader), 25],
    ["first editable cell, loader included", await weigh(editor), 165],
    ["embedded: loader, cells as text", await weigh(embedLoader), 25],
    ["embedded: first editable cell", await weigh(embedEditor), 165],
    ["KaTeX, when there is LaTeX", await weigh(latex), 80],
    ["files, when they are opened", await weigh(files), 6],
    ["workspaces: the whole page", await weigh(["workspaces.html", styles["workspaces-style"], ...opened]), 19],
    ["publishing, when it is asked for", await weigh(publishing.filter((name) => !opened.has(name))), 3],
    ["other formats, when asked for", await weigh(converting.filter((name) => !opened.has(name))), 1],
    ["the script of a published page", await weigh(["published.js"]), 1],
    ["history of a file: the whole page", await weigh(["history.html", styles["history-style"], styles.dark, history]), 16],
    ["worksheet: page and cells as text", await weigh(sheet), 75],
    ["worksheet: with its editor", await weigh(sheetWhole), 215],
    ["widgets, inside their frame", await weigh([widgets.script, widgets.style]), 450],
    ["widgets, the page's part", await weigh([...loadedBy("widgets/widgets")].filter((name) => !editor.has(name))), 6],
    ["cells by themselves, when chosen", await weigh(new Set(apart)), 4],
    ["embedded_sagecell.js: cells as text", await weigh(library), 25],
    ["embedded_sagecell.js: first editable", await weigh(libraryCell), 165],
    ["jQuery, for pages that have none", await weigh(["jquery.min.js"]), 31],
    ["a language that is not English", Math.max(...(await Promise.all(Object.values(languages).map((name) => weigh([name]))))), 20],
  ];
}

function report(rows) {
  for (const [what, weight, most] of rows) {
    const verdict = weight > most ? "  too heavy" : "";
    console.log(`${what.padEnd(38)} ${weight.toFixed(1).padStart(6)} KiB of ${most}${verdict}`);
  }
  return rows.every(([, weight, most]) => weight <= most);
}

async function weigh(names) {
  let bytes = 0;
  for (const name of names) bytes += gzipSync(await readFile(join(target, name)), { level: 9 }).length;
  return bytes / 1024;
}
