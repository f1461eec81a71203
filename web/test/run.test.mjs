import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

const { Run } = await load("run");
const { Evaluation } = await load("evaluation");
const { keptInWords, whyNotKept } = await load("kept");
const { placeInWords } = await load("words");

/** Gives a run events and returns it with what it shows. */
function told(...events) {
  const evaluation = new Evaluation("e".repeat(24), "c1", "1+1", "waiting");
  let news = 0;
  const run = new Run(evaluation, "run", () => { news += 1; });
  for (const event of events) run.take({ session: "", time: 7, evaluation: evaluation.id, ...event });
  const texts = evaluation.outputs.shapes.map((shape) => (shape.kind === "stream" ? shape.terminal.lines.join("\n") : (shape.text ?? shape.kind)));
  return { run, evaluation, texts, news };
}

const started = (attempt) => ({ kind: "started", sequence: 1, attempt });
const written = (sequence, text) => ({ kind: "output", sequence, output_kind: "stream", body: JSON.stringify({ name: "stdout", text }) });
const done = (sequence, more) => ({ kind: "done", sequence, reason: "done", text: "Done", wall_seconds: 2, ...more });

test("events come once, whoever tells them again", () => {
  const { run, texts, evaluation, news } = told(started("a"), written(2, "x"), written(2, "x"), written(3, "y"), done(4), done(4));
  assert.deepEqual(texts, ["xy"]);
  assert.equal(evaluation.state, "ended");
  assert.equal(news, 1);
  assert.equal(run.asking.after_sequence, 4);
  assert.equal(run.asking.attempt, "a");
});

test("what begins anew voids what came before", () => {
  const { run, texts, evaluation } = told(started("a"), written(2, "old"), written(3, "older"), started("b"), written(2, "new"));
  assert.deepEqual(texts, ["new"]);
  assert.equal(evaluation.state, "running");
  assert.deepEqual([run.asking.after_sequence, run.asking.attempt], [2, "b"]);
});

test("a gap stands where it is, and one from the start begins anew", () => {
  const gap = (sequence, events) => ({ kind: "gap", sequence, events, bytes: 1 });
  const { texts } = told(started("a"), written(2, "x"), gap(5, 3), written(6, "y"));
  assert.deepEqual([texts[0], texts[2]], ["x", "y"]);
  assert.match(texts[1], /^3 events/);
  const again = told(started("a"), written(2, "x"), written(9, "y"), gap(5, 5), written(6, "z")).texts;
  assert.match(again[0], /^5 events/);
  assert.deepEqual(again.slice(1), ["z"]);
});

test("an end that was told to one reader alone may be the first event", () => {
  const { evaluation } = told(done(1, { reason: "replaced", text: "Replaced." }));
  assert.deepEqual([evaluation.state, evaluation.reason], ["ended", "replaced"]);
});

test("a kept result says from when it is", () => {
  const { evaluation } = told(started("a"), done(2, { kept_since: 1_000_000_000 }));
  assert.equal(evaluation.keptSince, 1_000_000_000);
  assert.equal(evaluation.text, "kept, from 9 September 2001.");
});

test("times and reasons in words", () => {
  const noon = new Date(2026, 8, 4, 12, 5).getTime() / 1000;
  assert.equal(keptInWords(noon, noon + 3600), "kept, from 12:05");
  assert.equal(keptInWords(noon, noon + 86400), "kept, from 4 September");
  assert.equal(keptInWords(noon, noon + 365 * 86400), "kept, from 4 September 2026");
  assert.equal(whyNotKept("clock"), "Not kept for the next time: it read the clock.");
  assert.equal(whyNotKept(""), "");
  assert.deepEqual([1, 2, 3, 4, 11, 12, 21, 112, 113, 123].map((place) => placeInWords(place).split(" ")[0]),
    ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th", "113th", "123rd"]);
});
