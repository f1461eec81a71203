import assert from "node:assert/strict";
import { test } from "node:test";

import { loadTogether } from "./source.mjs";

const { Runs } = await loadTogether(`export { Runs } from "./worksheets/runs";`);

/** A connection whose server says what a test has it say. */
class Line {
  state = "open";
  sent = [];
  #listeners = new Set();

  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(request) {
    if (this.state !== "open") return 0;
    this.sent.push(request);
    return this.sent.length;
  }

  hear(event) {
    for (const each of this.#listeners) each.received({ session: "", sequence: 0, time: 0, worksheet: "w", ...event });
  }

  begin(evaluations = []) {
    const session = { session_state: "ready", reason: "", text: "", environment: "python" };
    this.hear({ kind: "worksheet_runs", ...session, evaluations });
  }

  cut() {
    for (const each of this.#listeners) each.lost();
  }

  of(kind) {
    return this.sent.filter((request) => request.kind === kind);
  }
}

const standing = (evaluation, more = {}) => ({
  ...{ worksheet: "w", evaluation, cell: "c", ordinal: 1, state: "running", reason: "", text: "", source_hash: "ab", begun: 5, ended: 0 },
  ...more,
});
const stream = (sequence, text) => ({ sequence, kind: "stream", body: JSON.stringify({ name: "stdout", text }) });

function opened(evaluations) {
  const line = new Line(), runs = new Runs(line, () => "w");
  line.begin(evaluations);
  return { line, runs };
}

test("an evaluation is asked for until the server has confirmed it, under one name", () => {
  const line = new Line(), runs = new Runs(line, () => "w");
  const evaluation = runs.evaluate("c", "1 + 1");
  assert.equal(line.sent.length, 0, "before the worksheet is open nothing is sent");
  line.begin();
  line.cut();
  line.begin();
  assert.deepEqual(line.of("evaluate_cell").map((request) => request.evaluation), [evaluation.id, evaluation.id]);
  line.hear({ kind: "cell_evaluation", ...standing(evaluation.id, { state: "queued" }) });
  line.cut();
  line.begin([standing(evaluation.id, { outputs_count: 0, bytes: 0 })]);
  assert.equal(line.of("evaluate_cell").length, 2);
  assert.equal(runs.evaluation("c"), evaluation);
  assert.equal(evaluation.state, "running");
});

test("outputs that are pushed while others are loaded come once and in order", () => {
  const { line, runs } = opened([standing("e", { outputs_count: 3, bytes: 9 })]);
  const evaluation = runs.evaluation("c");
  assert.deepEqual(line.of("get_outputs").map(({ after }) => after), [0], "what runs is loaded at once");
  line.hear({ kind: "cell_outputs", evaluation: "e", outputs: [stream(5, "e")], more: false });
  line.hear({ kind: "cell_outputs", request: 1, evaluation: "e", outputs: [stream(1, "a"), stream(3, "c")], more: true });
  assert.deepEqual(line.of("get_outputs").map(({ after }) => after), [0, 3]);
  line.hear({ kind: "cell_outputs", request: 2, evaluation: "e", outputs: [stream(4, "d"), stream(5, "e")], more: false });
  line.hear({ kind: "cell_outputs", evaluation: "e", outputs: [stream(5, "e"), stream(6, "f")], more: false });
  assert.equal(evaluation.last, 6);
  assert.equal(evaluation.loading, "here");
  assert.equal(evaluation.outputs.bytes, "acdef".length);
});

test("what ended before is loaded when it is asked for, and what was missed on a lost connection by itself", () => {
  const ended = standing("e", { state: "ended", reason: "done", ended: 7, outputs_count: 1, bytes: 3 });
  const { line, runs } = opened([ended]);
  const evaluation = runs.evaluation("c");
  assert.equal(evaluation.wallSeconds, 2);
  assert.equal(line.of("get_outputs").length, 0);
  runs.load("c");
  runs.load("c");
  assert.equal(line.of("get_outputs").length, 1);
  line.hear({ kind: "cell_outputs", request: 1, evaluation: "e", outputs: [stream(2, "b")], more: false });
  line.cut();
  line.begin([{ ...ended, outputs_count: 2 }]);
  assert.deepEqual(line.of("get_outputs").map(({ after }) => after), [0, 2]);
});

test("a large output is a remark until a reader asks for it", () => {
  const { line, runs } = opened([standing("e", { outputs_count: 2, bytes: 9 })]);
  const evaluation = runs.evaluation("c");
  const large = { sequence: 2, kind: "display_data", large: true, bytes: 3 << 20 };
  line.hear({ kind: "cell_outputs", request: 1, evaluation: "e", outputs: [stream(1, "a"), large], more: false });
  assert.deepEqual(evaluation.outputs.shapes.map(({ kind }) => kind), ["stream", "remark"]);
  assert.deepEqual([...evaluation.large], [[2, 3 << 20]]);
  runs.loadLarge(evaluation, 2);
  line.hear({ kind: "cell_outputs", request: 2, evaluation: "e", outputs: [stream(1, "a"), large], more: false });
  const asked = line.of("get_outputs").at(-1);
  assert.deepEqual([asked.after, asked.whole], [1, true]);
  const body = JSON.stringify({ data: { "text/plain": "x" } });
  line.hear({ kind: "cell_outputs", request: 3, evaluation: "e", outputs: [{ sequence: 2, kind: "display_data", body }], more: false });
  assert.deepEqual(evaluation.outputs.shapes.map(({ kind }) => kind), ["stream", "display"]);
  assert.equal(evaluation.large.size, 0);
});

test("a cell shows its latest evaluation, whoever asked for it", () => {
  const { line, runs } = opened([standing("e1", { outputs_count: 0, bytes: 0 })]);
  const news = [];
  runs.onNews = ({ id }) => news.push(id);
  const mine = runs.evaluate("c", "x");
  assert.equal(runs.evaluation("c"), mine);
  line.hear({ kind: "cell_evaluation", ...standing("e1", { state: "ended", reason: "done", ended: 6 }) });
  assert.equal(runs.evaluation("c"), mine);
  line.hear({ kind: "cell_evaluation", ...standing(mine.id, { ordinal: 2 }) });
  line.hear({ kind: "cell_evaluation", ...standing("e3", { ordinal: 3 }) });
  assert.equal(runs.evaluation("c").id, "e3");
  assert.deepEqual(news, ["e1"]);
});

test("what is refused ends with the reason in words", () => {
  const { line, runs } = opened([]);
  const evaluation = runs.evaluate("c", "x");
  line.hear({ kind: "failure", request: 1, code: "forbidden", what: "is not yours to change", noun: "worksheet", hint: "ask" });
  assert.deepEqual([evaluation.reason, evaluation.text], ["refused", "worksheet: is not yours to change; ask"]);
  runs.interrupt();
  line.hear({ kind: "failure", request: 2, code: "forbidden", what: "is not yours to change", noun: "worksheet", hint: "ask" });
  assert.equal(runs.trouble, "worksheet: is not yours to change; ask");
});

test("a display is changed wherever it is, and a question that nobody waits for is closed", () => {
  const { line, runs } = opened([standing("e1", { outputs_count: 0, bytes: 0 }), standing("e2", { cell: "d", ordinal: 2, outputs_count: 0, bytes: 0 })]);
  const display = (text) => JSON.stringify({ data: { "text/plain": text }, transient: { display_id: "x" } });
  line.hear({ kind: "cell_outputs", evaluation: "e1", outputs: [{ sequence: 1, kind: "display_data", body: display("old") }], more: false });
  line.hear({ kind: "cell_outputs", evaluation: "e2", outputs: [{ sequence: 2, kind: "update_display_data", body: display("new") }], more: false });
  assert.equal(runs.evaluation("c").outputs.shapes[0].bundle.data["text/plain"], "new");
  const prompt = { sequence: 3, kind: "input_request", body: JSON.stringify({ prompt: "?" }) };
  line.hear({ kind: "cell_outputs", evaluation: "e2", outputs: [prompt], more: false });
  const question = runs.evaluation("d");
  assert.ok(question.outputs.shapes[0].isOpen);
  line.hear({ kind: "cell_outputs", evaluation: "e2", outputs: [{ sequence: 4, kind: "input_taken", body: JSON.stringify({ input_sequence: 3 }) }], more: false });
  assert.ok(!question.outputs.shapes[0].isOpen);
});

test("many evaluations are asked for a few at a time, in order", () => {
  const { line, runs } = opened([]);
  const all = Array.from({ length: 20 }, (_, number) => runs.evaluate(`c${number}`, String(number)));
  assert.equal(line.of("evaluate_cell").length, 8);
  for (let number = 0; number < all.length; number += 1) {
    const { id, cell } = all[number];
    line.hear({ kind: "cell_evaluation", request: number + 1, ...standing(id, { cell, ordinal: number + 1, state: "queued" }) });
  }
  assert.deepEqual(line.of("evaluate_cell").map(({ code }) => Number(code)), all.map((_, number) => number));
  assert.deepEqual(runs.pending, all);
});

test("outputs of many cells are loaded four at a time, as the server takes them, and all come", () => {
  const ended = (number) => standing(`e${number}`, { cell: `c${number}`, ordinal: number, state: "ended", reason: "done", outputs_count: 1, bytes: 3 });
  const numbers = [1, 2, 3, 4, 5, 6, 7];
  const { line, runs } = opened(numbers.map(ended));
  const load = () => { for (const number of numbers) runs.load(`c${number}`); };
  runs.watch(load);
  load();
  assert.deepEqual(line.of("get_outputs").map(({ evaluation }) => evaluation), ["e1", "e2", "e3", "e4"]);
  const answer = (number) => { line.hear({ kind: "cell_outputs", request: number, evaluation: `e${number}`, outputs: [stream(number, "a")], more: false }); };
  answer(1);
  assert.deepEqual(line.of("get_outputs").map(({ evaluation }) => evaluation), ["e1", "e2", "e3", "e4", "e5"]);
  // Another one is shown by the cell meanwhile: what comes of the first one gives its place back all the same.
  line.hear({ kind: "cell_evaluation", ...standing("f", { cell: "c2", ordinal: 8, state: "ended", reason: "done" }) });
  for (const number of [2, 3, 4, 5, 6, 7]) answer(number);
  assert.equal(line.of("get_outputs").length, 7, "each is asked for once");
  assert.ok(numbers.filter((number) => number !== 2).every((number) => runs.evaluation(`c${number}`).loading === "here"));
  line.cut();
  line.begin(numbers.map(ended));
  assert.equal(line.of("get_outputs").length, 11, "nothing of the connection before takes a place");
});

test("outputs that are refused are asked for again after a pause, not at once", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { line, runs } = opened([standing("e", { state: "ended", reason: "done", outputs_count: 1, bytes: 3 })]);
  runs.watch(() => { runs.load("c"); });
  runs.load("c");
  const refuse = (request, more) => { line.hear({ kind: "failure", request, code: "unavailable", what: "cannot be reached", noun: "database", hint: "wait", ...more }); };
  refuse(1);
  context.mock.timers.tick(1_900);
  assert.equal(line.of("get_outputs").length, 1);
  context.mock.timers.tick(200);
  assert.equal(line.of("get_outputs").length, 2);
  refuse(2, { retry_after: 10 });
  context.mock.timers.tick(9_000);
  assert.equal(line.of("get_outputs").length, 2, "the server says when");
  context.mock.timers.tick(2_000);
  assert.equal(line.of("get_outputs").length, 3);
});
