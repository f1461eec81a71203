import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { loadTogether } from "./source.mjs";

const { Keyboard, WorksheetDocument, Selection, headings, hashOf, placeOf, addressOf, perform, colourOf } = await loadTogether(`
  export { Keyboard } from "./worksheets/keyboard";
  export { WorksheetDocument } from "./worksheets/document";
  export { Selection } from "./worksheets/selection";
  export { headings } from "./worksheets/outline";
  export { hashOf } from "./worksheets/standing";
  export { placeOf, addressOf } from "./worksheets/address";
  export { perform } from "./worksheets/commands";
  export { colourOf } from "./worksheets/colour";
`);

const key = (name, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });

/** A desk with cells of these sources, which notes what is asked of it. */
function desk(...sources) {
  const document = new WorksheetDocument();
  for (const source of sources) document.insertCell(document.cells.length, "code", source);
  const told = [];
  const selection = new Selection(document);
  selection.go(document.cells[0]);
  const noted = (name) => (what) => { told.push([name, what?.text ?? what]); };
  return { document, selection, told, mayWrite: true, run: noted("run"), say: noted("say"), show: noted("show"), clear() {}, interrupt() {}, restart: async () => true, cursor: undefined };
}

const sources = ({ document }) => document.cells.map(({ text }) => text);

test("a command of two keys needs both in time", () => {
  const keyboard = new Keyboard();
  assert.equal(keyboard.pressed(key("d"), 0), undefined);
  assert.equal(keyboard.pressed(key("d"), 500), "delete");
  assert.equal(keyboard.pressed(key("d"), 1000), undefined);
  assert.equal(keyboard.pressed(key("d"), 3000), undefined);
  assert.equal(keyboard.pressed(key("j"), 3100), "down");
  assert.equal(keyboard.pressed(key("d"), 3200), undefined);
  assert.equal(keyboard.pressed(key("i"), 0), undefined);
  assert.equal(keyboard.pressed(key("i"), 1), "interrupt");
  assert.equal(keyboard.pressed(key("Z", { shiftKey: true })), "redo");
  assert.equal(keyboard.pressed(key("z", { metaKey: true })), "undo");
  assert.equal(keyboard.pressed(key("ArrowUp", { ctrlKey: true, shiftKey: true })), "move-up");
  assert.equal(keyboard.pressed(key("a", { altKey: true })), undefined);
});

test("several cells are run, moved and deleted together", () => {
  const page = desk("a", "b", "c");
  perform("select-down", page);
  perform("run", page);
  assert.deepEqual(page.told, [["run", "a"], ["run", "b"]]);
  perform("first", page);
  perform("select-down", page);
  perform("move-down", page);
  assert.deepEqual(sources(page), ["c", "a", "b"]);
  perform("delete", page);
  assert.deepEqual(sources(page), ["c"]);
  perform("delete", page);
  assert.deepEqual(sources(page), [""]);
  assert.equal(page.selection.cell, page.document.cells[0]);
});

test("the last cell is followed by a new one, others by the next", () => {
  const page = desk("a", "b");
  perform("run-and-advance", page);
  assert.equal(page.selection.cell, page.document.cells[1]);
  perform("run-and-advance", page);
  assert.deepEqual(sources(page), ["a", "b", ""]);
  assert.equal(page.selection.mode, "edit");
});

test("a viewer changes nothing, and is told so", () => {
  const page = { ...desk("a"), mayWrite: false };
  for (const name of ["delete", "cut", "run", "insert-below", "markdown", "undo", "heading-1"]) perform(name, page);
  assert.deepEqual(sources(page), ["a"]);
  assert.equal(page.told.length, 7);
  perform("no such command", page);
});

test("where others take the cell of the reader, they are at its place", () => {
  const page = desk("a", "b", "c");
  perform("down", page);
  page.document.deleteCells([page.document.cells[1]]);
  assert.equal(page.selection.cell.text, "c");
  assert.deepEqual(page.selection.cells.map(({ text }) => text), ["c"]);
});

test("headings are those of Markdown, and not within code", () => {
  const page = desk("# no heading");
  page.document.insertCell(1, "markdown", "# One *two*\n```\n# no\n```\n### Three ###\n#no\n~~~\n# no");
  assert.deepEqual(headings(page.document.cells).map(({ level, text }) => [level, text]), [[1, "One two"], [3, "Three"]]);
});

test("the hash of a source is that of the server", () => {
  for (const text of ["", "x = 1", "ü😀中\n".repeat(100)]) assert.equal(hashOf(text), createHash("sha256").update(text).digest("hex"));
});

test("an address names a place, and back", () => {
  const place = { workspace: "abc", path: "a b/ü#?%.ipynb", link: "sagewslink_x" };
  const [pathname, hash] = addressOf(place).split("#");
  assert.deepEqual(placeOf({ pathname, hash: `#${hash}` }), place);
  assert.equal(placeOf({ pathname: "/workspaces", hash: "" }), undefined);
  assert.equal(placeOf({ pathname: "/workspaces/a/worksheets/%ff", hash: "" }), undefined);
  assert.match(colourOf("x"), /^#[0-9a-f]{6}$/);
});

