import assert from "node:assert/strict";
import { test } from "node:test";

import { loadTogether } from "./source.mjs";

const { Y, WorksheetDocument, find, replace, whole, difference, splits, languageOf } = await loadTogether(`
  export * as Y from "yjs";
  export { WorksheetDocument } from "./worksheets/document";
  export { find, replace } from "./worksheets/find";
  export { languageOf } from "./code-magic";
  export { whole, difference, splits } from "./worksheets/whole";
`);

const sources = ({ cells }) => cells.map(({ text }) => text);
const ids = ({ cells }) => cells.map(({ id }) => id);

/** Returns documents of several people, each of whom has at once what the others do. */
function people(count, ...texts) {
  const all = Array.from({ length: count }, () => new WorksheetDocument());
  for (const { doc } of all) {
    doc.on("update", (update, origin) => {
      if (origin !== "others") for (const other of all) if (other.doc !== doc) Y.applyUpdate(other.doc, update, "others");
    });
  }
  for (const text of texts) all[0].insertCell(all[0].cells.length, "code", text);
  return all;
}

test("a cell has the shape that the server checks", () => {
  const [document] = people(1, "1");
  document.foldSource(document.cells, true);
  document.foldOutputs(document.cells, true);
  const [cell] = document.doc.getArray("cells").toJSON();
  assert.match(cell.id, /^[A-Za-z0-9_-]{1,64}$/);
  const metadata = { jupyter: '{"source_hidden":true,"outputs_hidden":true}', collapsed: "true" };
  assert.deepEqual(cell, { id: cell.id, cell_type: "code", source: "1", metadata });
  document.foldSource(document.cells, false);
  document.foldOutputs(document.cells, false);
  assert.deepEqual(document.doc.getArray("cells").toJSON()[0].metadata, {});
});

test("cells are moved, the neighbour goes around them", () => {
  const [document, other] = people(2, "a", "b", "c");
  const [, b, c] = document.cells;
  const before = ids(document);
  assert.equal(document.moveCells([b, c], -1), true);
  assert.deepEqual(sources(other), ["b", "c", "a"]);
  assert.deepEqual(ids(other), [before[1], before[2], before[0]]);
  assert.equal(document.moveCells([b, c], -1), false);
  document.moveCells([b, c], 1);
  assert.deepEqual(sources(other), ["a", "b", "c"]);
  assert.equal(document.moveCells([b, c], 1), false);
});

test("each change is one update and one step to undo", () => {
  const [document] = people(1, "a\nb", "c");
  let updates = 0;
  document.doc.on("update", () => { updates += 1; });
  const steps = [
    () => document.split(document.cells[0], 2),
    () => { document.merge(document.cells.slice(0, 2)); },
    () => { document.setType(document.cells, "markdown"); },
    () => { document.moveCells([document.cells[0]], 1); },
    () => { document.deleteCells(document.cells); },
    () => { document.insertCells(0, [{ id: "x", type: "raw", source: "r", maps: { metadata: {}, attachments: {}, rest: {} } }]); },
  ];
  const states = [];
  for (const [number, step] of steps.entries()) {
    states.push(document.doc.getArray("cells").toJSON());
    step();
    assert.equal(updates, number + 1);
  }
  const last = document.doc.getArray("cells").toJSON();
  for (const state of states.toReversed()) {
    assert.equal(document.undo(), true);
    assert.deepEqual(document.doc.getArray("cells").toJSON(), state);
  }
  steps.forEach(() => { document.redo(); });
  assert.deepEqual(document.doc.getArray("cells").toJSON(), last);
});

test("undo takes back what one did oneself, and nothing else", () => {
  const [one, other] = people(2, "one ", "other");
  one.edit(one.cells[0], [{ from: 4, to: 4, insert: "mine " }]);
  other.edit(other.cells[0], [{ from: 0, to: 0, insert: "theirs " }]);
  other.deleteCells([other.cells[1]]);
  assert.deepEqual(sources(one), ["theirs one mine "]);
  one.undo();
  assert.deepEqual(sources(other), ["theirs one "]);
  other.undo();
  assert.deepEqual(sources(one), ["theirs one ", "other"]);
});

test("a cell that comes back by undo can be written in, and that can be undone", () => {
  const [document] = people(1, "a", "b");
  document.edit(document.cells[0], [{ from: 1, to: 1, insert: "1" }]);
  document.deleteCells([document.cells[0]]);
  document.undo();
  assert.deepEqual(sources(document), ["a1", "b"]);
  document.apart(() => { document.edit(document.cells[0], [{ from: 2, to: 2, insert: "2" }]); });
  document.undo();
  document.undo();
  assert.deepEqual(sources(document), ["a", "b"]);
});

test("the second of two cells with one id has another, as the server has it", () => {
  const [document] = people(1, "a");
  const values = document.cells[0].values;
  const copy = new Y.Map(Object.entries({ id: values.id, cell_type: "code" }));
  document.doc.transact(() => {
    copy.set("source", new Y.Text("copy"));
    copy.set("metadata", new Y.Map());
    document.doc.getArray("cells").push([copy]);
  });
  assert.deepEqual(ids(document), [values.id, `${values.id}-2`]);
  document.insertCells(0, [values]);
  assert.equal(new Set(ids(document)).size, 3);
});

test("parting and joining leaves what was there", () => {
  const [document] = people(1, "x = 1\ny = 2");
  document.split(document.cells[0], 6);
  assert.deepEqual(sources(document), ["x = 1", "y = 2"]);
  document.merge(document.cells);
  assert.deepEqual(sources(document), ["x = 1\ny = 2"]);
  document.split(document.cells[0], 5);
  assert.deepEqual(sources(document), ["x = 1", "y = 2"]);
});

test("no edit takes a character apart", () => {
  const [document, other] = people(2, "a😀b");
  document.split(document.cells[0], 2);
  assert.deepEqual(sources(other), ["a", "😀b"]);
  document.edit(document.cells[1], [{ from: 1, to: 1, insert: "x" }]);
  assert.deepEqual(sources(other), ["a", "x😀b"]);
  document.edit(document.cells[1], [{ from: 2, to: 3, insert: "\ud83d" }]);
  assert.deepEqual(sources(other), ["a", "x\ufffdb"]);
  document.setSource(document.cells[0], "😀");
  document.setSource(document.cells[0], "😁");
  assert.deepEqual(sources(other), ["😁", "x\ufffdb"]);
  assert.deepEqual(sources(other), sources(document));
});

test("any edit of any text leaves whole characters", () => {
  const letters = ["a", "ü", "中", "😀", "😁", "\n"];
  // Park and Miller's generator, so that what fails fails again.
  let seed = 1;
  const below = (most) => (seed = (seed * 48271) % 2147483647) % most;
  const text = (most) => Array.from({ length: below(most) }, () => letters[below(letters.length)]).join("");
  for (let number = 0; number < 2000; number += 1) {
    const [old, wanted] = [text(8), text(8)];
    const edit = difference(old, wanted);
    assert.equal(old.slice(0, edit.from) + edit.insert + old.slice(edit.to), wanted);
    const from = below(old.length + 1), to = from + below(old.length - from + 1);
    for (const each of [edit, whole(old, { from, to, insert: "\ud83d" + text(3) })]) {
      assert.equal(splits(old, each.from) || splits(old, each.to), false);
      assert.equal(each.insert.isWellFormed(), true);
    }
  }
});

test("what is found is replaced, and undone at once", () => {
  const [document] = people(1, "x1 X2\nx3", "no", "😀x😀");
  const wanted = (text, more = {}) => ({ text, isExact: false, isPattern: false, ...more });
  assert.equal(find(document.cells, wanted("x")).length, 4);
  assert.equal(find(document.cells, wanted("x", { isExact: true })).length, 3);
  assert.deepEqual(find(document.cells, wanted("(")), []);
  assert.deepEqual(find(document.cells, wanted("(", { isPattern: true })), []);
  const pattern = wanted("x(\\d)", { isPattern: true });
  replace(document, find(document.cells, pattern), pattern, "$1$$&$9");
  assert.deepEqual(sources(document), ["1$&$9 2$&$9\n3$&$9", "no", "😀x😀"]);
  document.undo();
  assert.deepEqual(sources(document), ["x1 X2\nx3", "no", "😀x😀"]);
  replace(document, find(document.cells, wanted("😀")), wanted("😀"), "");
  assert.equal(document.cells[2].text, "x");
});

test("a cell is in a language by its first line", () => {
  const [document, other] = people(2, "x <- 1", "# why\n\n%%gap\n1;", "note");
  document.setType([document.cells[2]], "markdown");
  document.setLanguage(document.cells, "r");
  assert.deepEqual(sources(other), ["%%r\nx <- 1", "# why\n\n%%r\n1;", "note"]);
  document.undo();
  assert.deepEqual(sources(other), ["x <- 1", "# why\n\n%%gap\n1;", "note"]);
  document.redo();
  document.setLanguage(document.cells, "");
  assert.deepEqual(sources(other), ["x <- 1", "# why\n\n1;", "note"]);
});

test("both halves of a cell, and cells made one, stay in their language", () => {
  const [document] = people(1, "%%r\nx <- 1\nx", "%%gap\n1;");
  document.split(document.cells[0], 11);
  assert.deepEqual(sources(document), ["%%r\nx <- 1", "%%r\nx", "%%gap\n1;"]);
  document.merge(document.cells.slice(0, 2));
  assert.deepEqual(sources(document), ["%%r\nx <- 1\nx", "%%gap\n1;"]);
  document.merge(document.cells);
  assert.deepEqual(sources(document), ["%%r\nx <- 1\nx\n%%gap\n1;"], "another language's line is not taken away");
});

test("only a whole first line of a language says one", () => {
  for (const [code, wanted] of [
    ["%%r\n1", "r"], ["%%r", "r"], ["\n # a\n%%gap \n1", "gap"], ["%%time\n1", ""], ["%%r x\n1", ""], ["1\n%%r\n1", ""], [" %%r\n", ""], ["%%constructor\n", ""],
  ]) assert.equal(languageOf(code), wanted, code);
});
