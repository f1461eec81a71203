/** The library for pages that embed SageMathCell: what it thinks, without a page. What it does in one: tests/browser/test_sagecell.py. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { load, loadTogether } from "./source.mjs";

const { rootOf } = await load("sagecell/root");
const { LANGUAGES, TEMPLATES, effective, together } = await load("sagecell/options");
const { Links } = await load("sagecell/links");
const { whereRuns } = await load("sagecell/where");

const NOWHERE = { preset: undefined, links: [], scripts: [], origin: "https://book.example" };

/** What a page shows of the site, and where that is. */
const ROOTS = [
  ["nothing: the page's own origin", {}, "https://book.example/"],
  ["a script", { scripts: ["https://cells.example/static/embedded_sagecell.js"] }, "https://cells.example/"],
  ["a script without its folder", { scripts: ["https://cells.example/embedded_sagecell.js"] }, "https://cells.example/"],
  ["a script below a path, with a query", { scripts: ["https://cells.example/sage/static/embedded_sagecell.js?v=2"] }, "https://cells.example/sage/"],
  ["the last of several scripts", { scripts: ["https://one.example/static/embedded_sagecell.js", "https://two.example/static/embedded_sagecell.js", "https://three.example/other.js"] }, "https://two.example/"],
  ["a link before a script", { links: ["https://linked.example"], scripts: ["https://cells.example/embedded_sagecell.js"] }, "https://linked.example/"],
  ["the last of several links", { links: ["https://one.example/", "https://two.example/"] }, "https://two.example/"],
  ["what the page has set before all", { preset: "https://set.example", links: ["https://linked.example/"] }, "https://set.example/"],
  ["an empty setting is none", { preset: "", links: ["https://linked.example/"] }, "https://linked.example/"],
  ["the public server of old pages", { preset: "http://sagecell.sagemath.org" }, "https://sagecell.sagemath.org/"],
];

for (const [name, signs, expected] of ROOTS) {
  test(`the root of a site: ${name}`, () => { assert.equal(rootOf({ ...NOWHERE, ...signs }), expected); });
}

function inForce(given) {
  return effective(together(given));
}

test("without options a cell has the defaults", () => {
  const { hide, callback, collapse, interacts, ...rest } = inForce({ inputLocation: "#one" });
  assert.deepEqual(rest, { editor: "codemirror", evalButtonText: "", languages: ["sage"], defaultLanguage: "sage", linked: false, autoeval: false, replaceOutput: true, isDebug: false });
  assert.deepEqual([...hide], ["messages", "language"]);
  assert.equal(callback, undefined);
  assert.equal(collapse, undefined);
  assert.equal(interacts, undefined);
});

test("arguments lie over a template, a template over the defaults, and hide is all three", () => {
  const template = { editor: "textarea", evalButtonText: "Go", hide: ["editor", "output"], replaceOutput: false };
  const found = inForce({ template, evalButtonText: "Run", hide: ["fullScreen"], replaceOutput: undefined });
  assert.equal(found.editor, "textarea");
  assert.equal(found.evalButtonText, "Run");
  assert.equal(found.replaceOutput, false);
  assert.deepEqual([...found.hide], ["messages", "editor", "output", "fullScreen", "language"]);
});

test("the templates that pages name", () => {
  assert.equal(inForce({ template: TEMPLATES.minimal }).editor, "textarea-readonly");
  assert.ok(inForce({ template: TEMPLATES.minimal }).hide.has("editor"));
  assert.equal(inForce({ template: TEMPLATES.restricted }).editor, "codemirror-readonly");
});

test("names that are not known are ignored, and a page finds them again in its object", () => {
  const given = { hide: ["editorToggle", "computationID", "sessionTitle", "done"], sageMode: true };
  assert.equal(together(given)["sageMode"], true);
  assert.ok(inForce(given).hide.has("editorToggle"));
  assert.equal(inForce({ editor: "ace" }).editor, "codemirror");
});

test("a link key links, and linked cells are not shared", () => {
  const found = inForce({ linkKey: "chapter", linked: false });
  assert.equal(found.linked, true);
  assert.ok(found.hide.has("permalink"));
});

test("with several languages there is a choice, and the default is one of them", () => {
  const all = inForce({ languages: [...LANGUAGES] });
  assert.equal(all.defaultLanguage, "sage");
  assert.ok(!all.hide.has("language"));
  assert.equal(inForce({ languages: ["gap", "r"], defaultLanguage: "r" }).defaultLanguage, "r");
  assert.equal(inForce({ languages: ["gap", "r"], defaultLanguage: "sage" }).defaultLanguage, "gap");
  assert.deepEqual(inForce({ languages: [] }).languages, ["sage"]);
});

test("in debug mode nothing is hidden, and every language is offered", () => {
  const found = inForce({ mode: "debug", hide: ["editor"] });
  assert.equal(found.hide.size, 0);
  assert.equal(found.languages.length, 10);
});

test("cells with one key have one number, others their own", () => {
  const links = new Links();
  const one = links.of("one");
  assert.equal(links.of("one"), one);
  assert.notEqual(links.own(), one);
  assert.notEqual(links.of("__proto__"), one);
  assert.equal(links.of("__proto__"), links.of("__proto__"));
  assert.deepEqual(links.sessions, [null, null, null]);
});

test("code runs in the first environment that has its language", () => {
  const languages = { python: ["python", "html", "r"], sage: ["sage", "gap", "html", "python"] };
  assert.deepEqual(whereRuns("python", languages), { environment: "python", language: "" });
  assert.deepEqual(whereRuns("sage", languages), { environment: "sage", language: "" });
  assert.deepEqual(whereRuns("gap", languages), { environment: "sage", language: "gap" });
  assert.deepEqual(whereRuns("html", languages), { environment: "python", language: "html" });
  assert.deepEqual(whereRuns("maxima", languages), { environment: "", language: "maxima" });
  assert.deepEqual(whereRuns("sage", { python: ["python"] }), { environment: "", language: "" });
});

test("what a page's MathJax may not see is left to ours", async () => {
  const { typesetByPage } = await loadTogether('export { typesetByPage } from "./sagecell/page-mathjax";');
  let asked = 0;
  globalThis.MathJax = { typesetPromise: () => { asked += 1; } };
  for (const text of ["$\\href{javascript:alert(1)}{x}$", "$\\class{btn}{x}$", "$\\require{html}$"]) assert.equal(await typesetByPage(text, undefined), undefined);
  assert.equal(asked, 0);
  delete globalThis.MathJax;
});

test("an environment that the site has for such pages comes first, and others where it lacks a language", () => {
  const languages = { plain: ["python", "r"], sage: ["sage", "python", "gap"] };
  assert.deepEqual(whereRuns("python", languages, "sage"), { environment: "sage", language: "python" });
  assert.deepEqual(whereRuns("sage", languages, "plain"), { environment: "sage", language: "" });
  assert.deepEqual(whereRuns("r", languages, "sage"), { environment: "plain", language: "r" });
  assert.deepEqual(whereRuns("octave", languages, "sage"), { environment: "sage", language: "octave" });
  assert.deepEqual(whereRuns("sage", { plain: ["python"] }, "plain"), { environment: "plain", language: "" });
});
