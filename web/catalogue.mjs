/** The texts of the client, and their catalogues: `languages/TAG.po`, in gettext's format.
 *
 *  `node catalogue.mjs` brings every catalogue up to what the source says: new texts come in untranslated, what is
 *  said no more goes. A text is what is given to `t` or `tn` (`src/language.ts`) as a literal; the words of the
 *  server's, of the interface `Coded` there, have their kind as context.
 */
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { po } from "gettext-parser";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const FOLDER = join(here, "languages");

/** Returns the texts of the source by their keys, each with its files. */
export async function textsOfSource() {
  const texts = new Map();
  const add = (file, msgid, more = {}) => {
    const key = keyOf({ msgid, ...more });
    const known = texts.get(key) ?? { msgid, ...more, files: new Set() };
    if (more.msgid_plural !== undefined) known.msgid_plural = more.msgid_plural;
    known.files.add(file);
    texts.set(key, known);
  };
  const names = await readdir(join(here, "src"), { recursive: true });
  for (const name of names.filter((each) => each.endsWith(".ts")).sort()) {
    const path = join(here, "src", name);
    const source = ts.createSourceFile(path, await readFile(path, "utf8"), ts.ScriptTarget.Latest, true);
    look(source, (...found) => { add(`src/${name}`, ...found); });
  }
  return texts;
}

function look(part, add) {
  if (ts.isCallExpression(part) && ts.isIdentifier(part.expression)) {
    const [first, second] = part.arguments.map((each) => (ts.isStringLiteralLike(each) ? each.text : undefined));
    if (part.expression.text === "t" && first !== undefined) add(first);
    if (part.expression.text === "tn" && first !== undefined) add(first, { msgid_plural: second });
  }
  if (ts.isInterfaceDeclaration(part) && part.name.text === "Coded") {
    for (const member of part.members) {
      for (const word of member.type.types) add(word.literal.text, { msgctxt: member.name.text });
    }
  }
  ts.forEachChild(part, (child) => { look(child, add); });
}

/** Returns the key of a text, which the page has it by. */
export function keyOf({ msgid, msgctxt }) {
  return msgctxt ? `${msgctxt}:${msgid}` : msgid;
}

/** Returns the catalogues, by the tags of their languages. */
export async function catalogues() {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".po")).sort();
  const read = async (file) => [file.replace(/\.po$/, ""), po.parse(await readFile(join(FOLDER, file)))];
  return Object.fromEntries(await Promise.all(files.map(read)));
}

/** Returns what a catalogue has, by keys; each with all of its forms. */
export function entriesOf(catalogue) {
  const all = Object.values(catalogue.translations).flatMap((context) => Object.values(context));
  return new Map(all.filter(({ msgid }) => msgid !== "").map((entry) => [keyOf(entry), entry]));
}

/** Whether a text is translated, in all of its forms. */
export function isWhole(entry) {
  return entry !== undefined && entry.msgstr.length > 0 && entry.msgstr.every((form) => form !== "");
}

/** Reads a catalogue for esbuild: a module that leaves the texts where `src/language.ts` looks for them. */
export const catalogueModules = {
  name: "catalogues",
  setup(setup) {
    setup.onLoad({ filter: /\.po$/ }, async ({ path }) => {
      const entries = [...entriesOf(po.parse(await readFile(path)))].filter(([, entry]) => isWhole(entry));
      const texts = Object.fromEntries(entries.map(([key, { msgid_plural, msgstr }]) => [key, msgid_plural ? msgstr : msgstr[0]]));
      return { contents: `globalThis.sagewsTexts = ${JSON.stringify(texts)};`, loader: "js" };
    });
  },
};

async function renew() {
  const texts = await textsOfSource();
  for (const [tag, catalogue] of Object.entries(await catalogues())) {
    const old = entriesOf(catalogue);
    const translations = { "": { "": catalogue.translations[""][""] } };
    for (const [key, { files, ...text }] of texts) {
      const context = (translations[text.msgctxt ?? ""] ??= {});
      const comments = { reference: [...files].join("\n") };
      const forms = text.msgid_plural === undefined ? 1 : Number(/nplurals=(\d+)/.exec(catalogue.headers["Plural-Forms"])?.[1] ?? 2);
      context[text.msgid] = { ...text, msgstr: Array.from({ length: forms }, (_, form) => old.get(key)?.msgstr[form] ?? ""), comments };
    }
    await writeFile(join(FOLDER, `${tag}.po`), po.compile({ ...catalogue, translations }, { foldLength: 0 }));
    const missing = [...texts.keys()].filter((key) => !isWhole(old.get(key))).length;
    console.log(`${relative(here, FOLDER)}/${tag}.po: ${texts.size} texts, ${missing} to translate`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await renew();
