/** What an author wrote into a cell, and what of an evaluation an author is given. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { load, loadTogether } from "./source.mjs";

const { straightened } = await load("embed/author");

for (const [written, code] of [
  ["\n  x = 1\n  if x:\n      print(x)\n\n", "x = 1\nif x:\n    print(x)"],
  ["x = 1\n  y", "x = 1\n  y"],
  ["\r\n\r\n  a\r\n\r\n  b  \r\n", "a\n\nb"],
  ["\ta\n\t\tb", "a\n\tb"],
  ["  a\n\tb", "  a\n\tb"],
  ["", ""],
  [" \n \n", ""],
]) {
  test(`the code of ${JSON.stringify(written)}`, () => { assert.equal(straightened(written), code); });
}

test("a result is plain data, whatever was shown", async () => {
  const { resultOf, resultWhenEnded, showsControls, Evaluation } = await loadTogether('export * from "./embed/result"; export { Evaluation } from "./evaluation"');
  const evaluation = new Evaluation("e", "c", "code", "waiting", "r");
  const put = (sequence, output_kind, body) => { evaluation.outputs.add({ sequence, output_kind, body: JSON.stringify(body) }); };
  const whole = resultWhenEnded(evaluation);
  put(1, "stream", { name: "stdout", text: "a\u001b[31mb\u001b[0m\n" });
  put(2, "execute_result", { data: { "text/plain": ["4", "2"], "application/json": { n: 1 } } });
  put(3, "input_request", { prompt: "?" });
  put(4, "error", { ename: "E", evalue: "v", traceback: ["\u001b[31mE\u001b[0m: v"] });
  assert.equal(showsControls(evaluation), false);
  put(5, "display_data", { data: { "application/vnd.jupyter.widget-view+json": { model_id: "m" } } });
  assert.equal(showsControls(evaluation), true);
  evaluation.end({ reason: "error", text: "Wrong.", wall_seconds: 2 });
  const result = await whole;
  assert.deepEqual(result, JSON.parse(JSON.stringify(resultOf(evaluation))));
  const { outputs, ...rest } = result;
  assert.deepEqual(rest, { code: "code", language: "r", reason: "error", text: "Wrong.", seconds: 2 });
  assert.deepEqual(outputs.slice(0, 3), [
    { kind: "stream", name: "stdout", text: "ab\n" },
    { kind: "display", data: { "text/plain": "42", "application/json": { n: 1 } } },
    { kind: "error", name: "E", value: "v", traceback: "E: v" },
  ]);
  assert.equal(outputs.length, 4);
});
