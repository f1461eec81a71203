import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

globalThis.document ??= { cookie: "", documentElement: { lang: "en" } };
globalThis.addEventListener ??= () => undefined;
const { readStates } = await load("interacts");

const mark = (name, state = {}) => ({ name, state });

test("states of SageMathCell's links are read, and ours of several cells", () => {
  const given = [{ state: { x: 3, m: [["1", "0"]] }, bookmarks: [mark("far", { x: 9 })] }, { cell: 2, state: { y: "a" } }];
  assert.deepEqual(readStates(JSON.stringify(given)), [{ cell: 0, ...given[0] }, { cell: 2, state: { y: "a" }, bookmarks: [] }]);
  assert.deepEqual(readStates("[]"), []);
});

test("what is not of this shape is nothing, and what is too much is refused", () => {
  for (const text of ["", "{", "7", "null", "{}", '"[]"', "[".repeat(70_000)]) assert.equal(readStates(text), undefined);
  assert.deepEqual(readStates('[1, null, {"state": [1], "bookmarks": {"a": 1}, "cell": "x"}]'), [1, 2, 3].map(() => ({ cell: 0, state: {}, bookmarks: [] })));
  const wide = Object.fromEntries([...Array(1_001).keys()].map((name) => [`x${name}`, 1]));
  for (const one of [{ state: wide }, { state: { ["n".repeat(201)]: 1 } }, { bookmarks: Array(101).fill(mark("a")) }, { bookmarks: [mark("n".repeat(201))] }, { bookmarks: [mark("a", wide)] }]) {
    assert.equal(readStates(JSON.stringify([one])), undefined);
  }
  assert.equal(readStates(JSON.stringify(Array(101).fill({ state: {} }))), undefined);
  assert.equal(readStates(JSON.stringify([{ state: { x: "y".repeat(70_000) } }])), undefined);
});
