import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import ts from "typescript";

const SOURCE = join(import.meta.dirname, "../src");
/** Names and signs that are the same in every language. */
const NAMES = new Set(["sagews", "API", "Markdown", "Tab", "CC BY 4.0", "CC BY-SA 4.0", "CC BY-NC-SA 4.0", "CC0 1.0"]);
/** Attributes that are read to people. */
const SAID = /\s(?:aria-(?:label|description|valuetext|roledescription)|title|placeholder|alt|label)="([^"]*)"/g;
/** What is said outside pages that know a language: on published pages, which are kept in English for all readers, in
 *  frames of outputs, which load nothing, where browsers of today say words of their own, and in the library for
 *  pages that embed SageMathCell, which is there before any catalogue and says what that has said. */
const ENGLISH = new Set(["published/main.ts", "frame.ts", "workspaces/leaving.ts", "sagecell/loading.ts", "sagecell/markup.ts"]);

/** Returns the words of the views of a file that are said as they stand, and not in the reader's language. */
function bareWords(text, name = "view.ts") {
  const found = [];
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  look(source, (words) => { found.push(words); });
  return found;
}

function look(part, add) {
  if (ts.isTaggedTemplateExpression(part) && part.tag.getText() === "html") {
    for (const words of ofTemplate(part.template)) add(words);
  } else if (ts.isCallExpression(part) && ["t", "tn"].includes(part.expression.getText())) {
    // The text itself is in the catalogues; what goes into it may be words.
    for (const given of part.arguments.filter((each) => !ts.isStringLiteralLike(each))) look(given, add);
    return;
  } else if (ts.isImportDeclaration(part) || ts.isTypeNode(part)) return;
  else if (ts.isNewExpression(part) && part.expression.getText() === "Error") return;
  else if (ts.isStringLiteralLike(part) || ts.isTemplateHead(part)) {
    if (isSentence(part.text)) add(part.text);
  }
  ts.forEachChild(part, (child) => { look(child, add); });
}

/** Returns the words between the tags of a template, and those of attributes that are read to people. */
function ofTemplate(template) {
  const pieces = ts.isNoSubstitutionTemplateLiteral(template) ? [template.text] : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)];
  const whole = pieces.join("\0");
  const attributes = [...whole.matchAll(SAID)].map(([, value]) => value);
  const texts = whole.replace(/<!--.*?-->/gs, "").replace(/<(?:code|kbd|style)\b.*?<\/\w+>/gs, "").replace(/<[^>]*>/gs, "\0").split("\0");
  return [...attributes.flatMap((value) => value.split("\0")), ...texts].map((each) => each.trim()).filter((each) => /\p{L}{2}/u.test(each.replace(/&[#\w]+;/g, "")) && !NAMES.has(each.replace(/[^\p{L}\d .-]/gu, "").trim()));
}

/** Whether a text of the code looks as if it were for people: it begins as a sentence does. */
function isSentence(text) {
  return /^\p{Lu}\p{Ll}+[’']?\p{Ll}*[ ,:…]+.*\p{Ll}{2}/su.test(text);
}

test("bare words are found where people read them, and nowhere else", () => {
  assert.deepEqual(bareWords("html`<p>Two words <b>${t(\"Kept\")}</b></p>`"), ["Two words"]);
  assert.deepEqual(bareWords("html`<a title=\"Go\" class=\"main\" aria-label=\"All ${name} of it\" href=\"/x\">×</a>`"), ["Go", "All", "of it"]);
  assert.deepEqual(bareWords("say(`Not saved: ${why}`); say(\"All is saved.\"); go(\"run-all\"); throw new Error(\"Not for people\")"), ["Not saved: ", "All is saved."]);
  assert.deepEqual(bareWords("html`<p>${t(\"In all languages\")} <code>pip install x</code></p>`"), []);
  assert.deepEqual(bareWords("t(\"With {what}\", { what: ok ? \"Some words\" : t(\"or such\") })"), ["Some words"]);
});

const names = (await readdir(SOURCE, { recursive: true })).filter((each) => each.endsWith(".ts") && !ENGLISH.has(each)).sort();
for (const name of names) {
  test(`${name}: what it says is in the catalogues`, async () => {
    assert.deepEqual(bareWords(await readFile(join(SOURCE, name), "utf8"), name), []);
  });
}
