/** Builds the client into ../sagews/backend/static/: four pages and assets whose names carry their hash.
 *
 *  The page's parts are ES modules that are split where `import()` is written, so that a reader loads
 *  what the cells at hand need. The frame's script is one classic script: a sandboxed frame has an opaque
 *  origin, to which modules would be foreign. KaTeX's style sheet is built first, since the code that
 *  loads it must know its name. Source maps are not made.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { catalogueModules, catalogues, entriesOf, isWhole, textsOfSource } from "./catalogue.mjs";

const here = dirname(fileURLToPath(import.meta.url));

const PAGES = ["index", "frame", "workspaces/workspaces", "worksheets/worksheet", "history/history", "live/live"].map((name) => `${name}.html`);

/** Builds into a folder, which is emptied first. Returns what size.mjs weighs. */
export async function buildClient(target) {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const styles = await buildStyles(target);
  const modules = await buildModules(target, styles, { main: "src/main.ts" });
  const widgets = await buildWidgets(target, styles);
  const frame = await buildFrame(target, widgets);
  const workspaces = await buildWorkspaces(target);
  const worksheet = await buildModules(target, styles, { worksheet: "src/worksheets/main.ts" });
  const history = await buildHistory(target);
  const live = await buildLive(target, styles);
  const embed = await buildEmbed(target, styles);
  await buildSockJS(target);
  await buildPublished(target);
  const languages = await buildLanguages(target);
  await buildEmbedLoader(target, embed, languages);
  const sagecell = await buildSagecell(target, styles, languages);
  await writePages(target, styles, modules, worksheet, { ...frame, ...workspaces, ...history, ...live });
  return { languages, styles, widgets, main: modules.main, workspaces, history: history.history, outputs: modules.outputs, worksheet, embed, sagecell };
}

const common = (target) => ({
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  legalComments: "none",
  target: ["chrome111", "firefox115", "safari16.4"],
  outdir: target,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  logLevel: "warning",
});

/** Of the forms of a font only woff2 is kept. */
const onlyWoff2 = {
  name: "only-woff2",
  setup(setup) {
    setup.onLoad({ filter: /(katex|all|v4-shims)\.min\.css$/ }, async ({ path }) => {
      const css = await readFile(path, "utf8");
      const kept = css.replace(/,url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)/g, "");
      return { contents: kept.replace(/src:url\([^)]*\.eot\);src:[^;}]*url\(([^)]*\.woff2)\) format\("woff2"\)[^;}]*/g, 'src:url($1) format("woff2")'), loader: "css" };
    });
  },
};

/** The fonts of KaTeX alone: what a page of another site is given, beside which cells have the whole style sheet. */
const onlyFonts = {
  name: "only-fonts",
  setup(setup) {
    setup.onResolve({ filter: /^katex-fonts$/ }, () => ({ path: join(here, "node_modules/katex/dist/katex.min.css"), namespace: "fonts" }));
    setup.onLoad({ filter: /.*/, namespace: "fonts" }, async ({ path }) => {
      const faces = (await readFile(path, "utf8")).match(/@font-face\{[^}]*\}/g).join("");
      return { contents: faces.replace(/,url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)/g, ""), loader: "css", resolveDir: dirname(path) };
    });
  },
};

/** Style sheets, with fonts as files of their own. */
async function buildStyles(target) {
  const result = await build({
    ...common(target),
    entryPoints: {
      theme: "src/theme.css",
      dark: "src/dark.css",
      frame: "src/frame.css",
      reference: "src/reference.css",
      "workspaces-style": "src/workspaces/workspaces.css",
      "history-style": "src/history/history.css",
      "worksheet-style": "src/worksheets/worksheet.css",
      "live-style": "src/live/live.css",
      katex: "katex/dist/katex.min.css",
      "katex-fonts": "katex-fonts",
      icon: "src/icon.svg",
    },
    loader: { ".woff2": "file", ".svg": "copy" },
    plugins: [onlyFonts, onlyWoff2],
  });
  return entries(outputsOf(result, target), (name) => /\.(css|svg)$/.test(name));
}

/** The modules of a page, in parts. What two pages share is in each: the first cell of the one waits for nothing of the other. */
async function buildModules(target, styles, entryPoints) {
  const result = await build({
    ...common(target),
    entryPoints,
    format: "esm",
    splitting: true,
    loader: { ".css": "text", ".txt": "text" },
    define: latexOf(styles),
  });
  const outputs = outputsOf(result, target);
  return { ...entries(outputs), outputs };
}

/** The code for widgets, which a frame loads when it shows one: a classic script as well, and one style sheet. */
async function buildWidgets(target, styles) {
  const withoutOld = {
    name: "without-ipywidgets-7",
    setup(setup) {
      // The models of ipywidgets 7, which no environment of ours has.
      setup.onResolve({ filter: /^@jupyter-widgets\/(base|controls)7(\/|$)/ }, ({ path }) => ({ path, namespace: "old" }));
      setup.onLoad({ filter: /.*/, namespace: "old" }, () => ({ contents: "module.exports = {}", loader: "js" }));
    },
  };
  const formulas = await build({ ...common(target), entryPoints: { "frame-latex": "src/widgets/inside-latex.ts" }, format: "iife" });
  const latex = named(outputsOf(formulas, target), "widgets/inside-latex");
  const result = await build({
    ...common(target),
    entryPoints: { widgets: "src/widgets/inside.ts" },
    format: "iife",
    loader: { ".woff2": "file", ".svg": "dataurl", ".png": "dataurl" },
    define: { global: "globalThis", "process.env.NODE_ENV": '"production"', LATEX_SCRIPT: JSON.stringify(`/static/${latex}`), LATEX_STYLE: JSON.stringify(`/static/${styles.katex}`) },
    plugins: [onlyWoff2, withoutOld],
  });
  const ended = (ending) => Object.keys(outputsOf(result, target)).find((name) => name.startsWith("widgets-") && name.endsWith(ending));
  return { script: ended(".js"), style: ended(".css"), latex };
}

async function buildFrame(target, widgets) {
  const define = { WIDGETS_SCRIPT: JSON.stringify(`/static/${widgets.script}`), WIDGETS_STYLE: JSON.stringify(`/static/${widgets.style}`) };
  const result = await build({ ...common(target), entryPoints: { frame: "src/frame.ts" }, format: "iife", define });
  return entries(outputsOf(result, target));
}

/** The page of workspaces, a module by itself: who looks at files loads no cells. What is seldom asked for is apart. */
async function buildWorkspaces(target) {
  const result = await build({ ...common(target), entryPoints: { workspaces: "src/workspaces/main.ts" }, format: "esm", splitting: true });
  const outputs = outputsOf(result, target);
  return { workspaces: named(outputs, "workspaces/main"), parts: outputs };
}

/** The page of a file's history, a module by itself as well. */
async function buildHistory(target) {
  const result = await build({ ...common(target), entryPoints: { history: "src/history/main.ts" }, format: "esm" });
  return entries(outputsOf(result, target));
}

/** The page of cells within a published page. Apart from the page of cells, so that this loads no more for it. */
async function buildLive(target, styles) {
  const result = await build({ ...common(target), entryPoints: { live: "src/live/main.ts" }, format: "esm", splitting: true, loader: { ".css": "text", ".txt": "text" }, define: latexOf(styles) });
  const outputs = outputsOf(result, target);
  return { live: named(outputs, "live/main") };
}

/** The code of cells in pages of other sites, in parts as well. */
async function buildEmbed(target, styles) {
  const define = { ...latexOf(styles, styles["katex-fonts"]), CONNECTION: await connectionHash() };
  const result = await build({ ...common(target), entryPoints: { embed: "src/embed/main.ts" }, format: "esm", splitting: true, loader: { ".css": "text", ".txt": "text" }, define });
  const outputs = outputsOf(result, target);
  return { main: named(outputs, "embed/main"), outputs };
}

/** The module by which such pages load it: its name does not change, so that it knows those that do. */
async function buildEmbedLoader(target, { main, outputs }, languages) {
  const parts = [...loadedWith(outputs, main)];
  const editor = editing(outputs, ["editor", "embed/alone"], parts);
  const define = { EMBED: JSON.stringify({ main, parts, editor, languages: tagged(languages) }) };
  await build({ ...common(target), entryPoints: { embed: "src/embed/loader.ts" }, entryNames: "[name]", format: "esm", define });
}

/** Returns the files that modules load, without those that are there: what a page with a cell in view asks for at once. */
function editing(outputs, modules, there) {
  const loaded = modules.flatMap((each) => [...loadedWith(outputs, named(outputs, each))]);
  return [...new Set(loaded)].filter((name) => !there.includes(name));
}

/** Returns the files of catalogues by the tags of their languages. */
function tagged(languages) {
  return Object.fromEntries(Object.entries(languages).map(([name, file]) => [name.replace(/^language-/, ""), file]));
}

/** Where the style sheets for LaTeX are; `page`: the one of the page itself, if it is another. */
function latexOf(styles, page = styles.katex) {
  return { KATEX_STYLE: JSON.stringify(`static/${styles.katex}`), KATEX_PAGE_STYLE: JSON.stringify(`static/${page}`), global: "globalThis" };
}

/** Returns what stands for the code of a connection, which is shared by those of a page who have the same. */
async function connectionHash() {
  const code = await Promise.all(["connection", "socket", "watch"].map((name) => readFile(join(here, "src", `${name}.ts`))));
  return JSON.stringify(`sagews-${createHash("sha256").update(Buffer.concat(code)).digest("hex").slice(0, 8)}`);
}

/** The script of published pages, which are kept for long: its name does not change. */
async function buildPublished(target) {
  await build({ ...common(target), entryPoints: { published: "src/published/main.ts" }, entryNames: "[name]", format: "iife" });
}

/** SockJS's client as a classic script, for a page that browsers keep for long: its name does not change. */
async function buildSockJS(target) {
  await build({ ...common(target), entryPoints: { sockjs: "src/sockjs.ts" }, entryNames: "[name]", format: "iife" });
}

/** The library for pages that embed SageMathCell: a classic script and a style sheet whose names do not change, the
 *  modules that the script loads, and jQuery, which such pages have had from it. */
async function buildSagecell(target, styles, languages) {
  const define = { ...latexOf(styles, styles["katex-fonts"]), CONNECTION: await connectionHash() };
  const modules = { entryPoints: { sagecell: "src/sagecell/live.ts", "sagecell-formulas": "src/sagecell/page-formulas.ts" }, format: "esm", splitting: true, loader: { ".css": "text", ".txt": "text" }, define, plugins: [otherElements] };
  const outputs = outputsOf(await build({ ...common(target), ...modules }), target);
  const live = named(outputs, "sagecell/live");
  const parts = [...loadedWith(outputs, live)];
  const editor = editing(outputs, ["editor"], parts);
  const evaluating = editing(outputs, ["sagecell/evaluating"], parts);
  const names = { SAGECELL: JSON.stringify({ live, formulas: named(outputs, "sagecell/page-formulas"), parts, editor, evaluating, jquery: "jquery.min.js", languages: tagged(languages) }) };
  await copyFile(join(here, "node_modules/jquery/dist/jquery.min.js"), join(target, "jquery.min.js"));
  await build({ ...common(target), entryPoints: { embedded_sagecell: "src/sagecell/main.ts" }, entryNames: "[name]", format: "iife", loader: { ".css": "text" }, define: { ...names, SAGECELL_WORDS: JSON.stringify(await ownWords()) } });
  await build({ ...common(target), entryPoints: { sagecell_embed: "src/sagecell/sagecell.css" }, entryNames: "[name]" });
  await makeImportant(join(target, "sagecell_embed.css"));
  return { live, outputs };
}

/** Returns what the script itself says, by languages: the texts of the modules that have them from `own-words.ts`. */
async function ownWords() {
  const isOwn = async (file) => (await readFile(join(here, file), "utf8")).includes('from "./own-words"');
  const own = [];
  for (const [key, { files }] of await textsOfSource()) {
    for (const file of files) if (file.startsWith("src/sagecell/") && (await isOwn(file))) own.push(key);
  }
  const wordsOf = (catalogue) => {
    const entries = entriesOf(catalogue);
    return Object.fromEntries(own.filter((key) => isWhole(entries.get(key))).map((key) => [key, entries.get(key).msgstr[0]]));
  };
  return Object.fromEntries(Object.entries(await catalogues()).map(([tag, catalogue]) => [tag, wordsOf(catalogue)]));
}

/** Elements of other names: a page may have cells by `/embed.js` too, and an element can be defined once. */
const otherElements = {
  name: "other-elements",
  setup(setup) {
    setup.onLoad({ filter: /src\/.*\.ts$/ }, async ({ path }) => {
      const code = await readFile(path, "utf8");
      return { contents: code.replaceAll('customElements.define("sagews-', 'customElements.define("sagecell-'), loader: "ts" };
    });
  },
};

/** Has a style sheet win over whatever a page says of the same elements. */
async function makeImportant(path) {
  const css = await readFile(path, "utf8");
  const rules = css.replace(/(^|[{};])([a-z-]+:[^{};]+)(?=[;}])/g, (whole, before, declaration) => `${before}${declaration}!important`);
  // A rule of an animation takes no such word.
  await writeFile(path, rules.replace(/@keyframes[^{]*\{(?:[^{}]*\{[^{}]*\})*\}/g, (frames) => frames.replaceAll("!important", "")));
}

/** The catalogues of languages, `language-TAG`, each a module that the server has a page load before the code. */
async function buildLanguages(target) {
  const files = (await readdir(join(here, "languages"))).filter((name) => name.endsWith(".po"));
  const entryPoints = Object.fromEntries(files.map((name) => [`language-${name.replace(/\.po$/, "")}`, `languages/${name}`]));
  const result = await build({ ...common(target), entryPoints, format: "esm", charset: "utf8", plugins: [catalogueModules] });
  return entries(outputsOf(result, target));
}

/** Writes the pages, with the names of this build filled in. */
async function writePages(target, styles, modules, worksheet, apart) {
  const preload = (outputs, entry) =>
    [...loadedWith(outputs, entry)]
      .filter((name) => name !== entry)
      .map((name) => `<link rel="modulepreload" href="/static/${name}">`)
      .join("\n    ");
  const names = {
    THEME: styles.theme,
    ICON: styles.icon,
    MAIN: modules.main,
    PRELOAD: preload(modules.outputs, modules.main),
    WORKSHEET: worksheet.worksheet,
    WORKSHEET_PRELOAD: preload(worksheet.outputs, worksheet.worksheet),
    WORKSHEET_STYLE: styles["worksheet-style"],
    FRAME: apart.frame,
    WORKSPACES: apart.workspaces,
    HISTORY: apart.history,
    HISTORY_STYLE: styles["history-style"],
    LIVE: apart.live,
    LIVE_STYLE: styles["live-style"],
    WORKSPACES_STYLE: styles["workspaces-style"],
    FRAME_STYLE: styles.frame,
  };
  for (const page of PAGES) {
    const template = await readFile(join(here, "src", page), "utf8");
    await writeFile(join(target, basename(page)), template.replace(/\{\{(\w+)\}\}/g, (_, name) => names[name]));
  }
}

/** Returns what esbuild tells of a build, by the names of the files. */
function outputsOf({ metafile }, target) {
  const nameOf = (path) => relative(target, join(here, path));
  const rename = ([path, output]) => {
    const imports = output.imports.filter(({ external }) => !external).map(({ path, kind }) => ({ name: nameOf(path), kind }));
    return [nameOf(path), { entryPoint: output.entryPoint, imports }];
  };
  return Object.fromEntries(Object.entries(metafile.outputs).map(rename));
}

/** Returns the file of a build that begins with a source. */
export function named(outputs, source) {
  const name = Object.keys(outputs).find((candidate) => outputs[candidate].entryPoint === `src/${source}.ts`);
  if (name === undefined) throw new Error(`no file of the build begins with src/${source}.ts`);
  return name;
}

/** Returns `{name of entry: name of file}`. */
function entries(outputs, wanted = () => true) {
  const names = Object.keys(outputs).filter((name) => outputs[name].entryPoint !== undefined && wanted(name));
  return Object.fromEntries(names.map((name) => [name.replace(/-[A-Z0-9]{8}\.\w+$/, ""), name]));
}

/** Returns a file and all that it loads at once. */
export function loadedWith(outputs, name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const imported of outputs[name].imports) {
    if (imported.kind === "import-statement") loadedWith(outputs, imported.name, found);
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildClient(join(here, "../sagews/backend/static"));
}
