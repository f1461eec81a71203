import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

const { Models } = await load("widgets/models");
const { passed } = await load("widgets/gate");
const { Outbox } = await load("widgets/outbox");
const { FrameComm } = await load("widgets/inside-comm");

const open = (id, state, more = {}) => ({ output_kind: "comm_open", body: JSON.stringify({ comm_id: id, target_name: "jupyter.widget", metadata: { version: "2.1.0" }, data: { state, buffer_paths: [], ...more.data } }), ...more.event });
const change = (id, data, buffers) => ({ output_kind: "comm_msg", body: JSON.stringify({ comm_id: id, data }), ...(buffers && { buffers }) });

test("a model is what its messages made of it", () => {
  const models = new Models();
  models.take(open("a", { value: 1, text: "x" }));
  models.take(change("a", { method: "update", state: { value: 2 }, buffer_paths: [] }));
  models.take(change("a", { method: "echo_update", state: { text: "y" } }));
  models.take(change("a", { method: "custom", content: { value: 9 } }));
  assert.deepEqual(models.told("a").data, { state: { value: 2, text: "y" }, buffer_paths: [] });
  assert.equal(models.take({ output_kind: "comm_close", body: '{"comm_id": "a"}' }).what, "closed");
  assert.equal(models.told("a"), undefined);
});

test("binary parts stand where their paths say, and new ones take the place of old ones", () => {
  const models = new Models();
  models.take(open("a", { data: {} }, { data: { buffer_paths: [["value"], ["data", "x"]] }, event: { buffers: [Buffer.from("one").toString("base64"), Buffer.from("two").toString("base64")] } }));
  models.take(change("a", { method: "update", state: {}, buffer_paths: [["value"]] }, [Buffer.from("three").toString("base64")]));
  const told = models.told("a");
  const texts = told.data.buffer_paths.map((path, place) => [path.join("."), Buffer.from(told.buffers[place]).toString()]);
  assert.deepEqual(Object.fromEntries(texts), { value: "three", "data.x": "two" });
});

test("a view needs what its model names, and the links of that", () => {
  const models = new Models();
  models.take(open("box", { children: ["IPY_MODEL_slider"], layout: "IPY_MODEL_layout" }));
  models.take(open("slider", { value: 1 }));
  models.take(open("layout", {}));
  models.take(open("text", {}));
  models.take(open("link", { _model_name: "LinkModel", source: ["IPY_MODEL_slider", "value"], target: ["IPY_MODEL_text", "value"] }));
  models.take(open("else", { _model_name: "LinkModel", source: ["IPY_MODEL_nobody", "value"] }));
  models.take(open("out", { outputs: [{ data: { "application/vnd.jupyter.widget-view+json": { model_id: "slider" } } }] }));
  assert.deepEqual([...models.needed("box")].sort(), ["box", "layout", "link", "slider", "text"]);
  assert.ok(models.needed("out").has("slider"));
});

test("what is no message changes nothing", () => {
  const models = new Models();
  models.take(open("a", { value: 1 }));
  for (const body of ["", "{", "[]", '{"comm_id": 3}', '{"comm_id": "b", "data": {"method": "update", "state": {"x": 1}}}', '{"comm_id": "a", "data": {"method": "update", "state": [1], "buffer_paths": 7}}']) {
    models.take({ output_kind: "comm_msg", body });
  }
  assert.deepEqual(models.told("a").data.state, { value: 1 });
  models.take(open("p", JSON.parse('{"__proto__": {"polluted": 1}}')));
  assert.equal({}.polluted, undefined);
});

test("of a frame only messages to its own models pass, of a size that it may have", () => {
  const said = (more) => ({ comm: "a", message: "m-1", data: '{"method": "update", "state": {"value": 2}}', buffers: [], ...more });
  const pass = (more) => passed(said(more), (comm) => comm === "a");
  assert.deepEqual(JSON.parse(pass({}).message.body), { comm_id: "a", message: "m-1", data: { method: "update", state: { value: 2 } } });
  assert.deepEqual(pass({ buffers: [new Uint8Array([1, 2]).buffer] }).message.buffers, ["AQI="]);
  assert.notEqual(pass({ data: '{"method": "custom", "content": 1}' }), undefined);
  const refused = [{ comm: "b" }, { comm: ["a"] }, { message: "" }, { message: "x".repeat(65) }, { message: "<" }, { data: {} }, { data: "{" }, { data: '{"method": "open"}' }, { buffers: ["AQI="] }, { buffers: Array(257).fill(new ArrayBuffer(0)) }, { buffers: [new ArrayBuffer(5 << 20)] }, { data: `{"method": "custom", "content": "${"x".repeat(5 << 20)}"}` }];
  for (const more of refused) assert.equal(pass(more), undefined, JSON.stringify(more).slice(0, 60));
  // As JSON within JSON it would be more than the server ever takes, and block all behind it.
  assert.equal(pass({ data: `{"method": "custom", "content": "${'\\"'.repeat((2 << 20) - 100)}"}` }), undefined);
  assert.notEqual(pass({ data: `{"method": "custom", "content": "${"é".repeat(3 << 20)}"}` }), undefined);
});

test("what comes while a model is being made reaches it when it is there, in order", async () => {
  const comm = new FrameComm("a", "jupyter.widget"), heard = [];
  comm.hear("message", 1);
  comm.hear("message", 2);
  comm.on_msg((message) => { heard.push(message); });
  comm.on_close((message) => { heard.push(message); });
  assert.deepEqual(heard, [], "the model is not whole before its constructor has ended");
  await undefined;
  comm.hear("message", 3);
  comm.hear("closed", 4);
  assert.deepEqual(heard, [1, 2, 3, 4]);
});

/** A session at the end of a line that takes what it is told once by its name, and is away for a while. */
class Session {
  mayTell = true;
  isAway = false;
  taken = [];
  underWay = [];
  most = 0;

  tell(_evaluation, { body }) {
    if (this.isAway) return Promise.resolve(false);
    return new Promise((answer) => {
      this.underWay.push({ body, answer });
      this.most = Math.max(this.most, this.underWay.length);
    });
  }

  /** Takes the first of those under way; the answer may be lost. */
  take(isAnswered = true) {
    const { body, answer } = this.underWay.shift();
    if (!this.taken.includes(body)) this.taken.push(body);
    answer(isAnswered);
    return turn();
  }
}

const turn = () => new Promise((resolve) => { setImmediate(resolve); });
const message = (number) => ({ comm_kind: "message", body: String(number), buffers: [] });
const numbers = (count) => Array.from({ length: count }, (_, number) => String(number));

test("what frames say reaches the session whole and in order, a few at once", async () => {
  const session = new Session(), outbox = new Outbox(session);
  const put = numbers(100).map((number) => outbox.put("e", message(number)));
  while (session.underWay.length > 0) await session.take();
  await Promise.all(put);
  assert.deepEqual(session.taken, numbers(100));
  assert.equal(session.most, 8);
});

test("what did not get there is sent again in its order, before what was said later", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const session = new Session(), outbox = new Outbox(session), settled = [];
  for (const number of numbers(20)) void outbox.put("e", message(number)).then(() => { settled.push(number); });
  await session.take();
  // The connection is lost: of one the answer is, of the others nobody knows.
  session.isAway = true;
  await session.take(false);
  for (const { answer } of session.underWay.splice(0)) answer(false);
  await turn();
  assert.deepEqual(settled, ["0"]);
  void outbox.put("e", message("last")).then(() => { settled.push("last"); });
  t.mock.timers.tick(1_000);
  await turn();
  session.isAway = false;
  t.mock.timers.tick(1_000);
  await turn();
  while (session.underWay.length > 0) await session.take();
  assert.deepEqual(session.taken, [...numbers(20), "last"]);
  assert.deepEqual(settled, session.taken);
});

test("more than a session may be told waits, and is not lost; of what nobody may say nothing waits", async (t) => {
  let now = 0;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => now);
  const session = new Session(), outbox = new Outbox(session);
  for (const number of numbers(4_100)) void outbox.put("e", message(number));
  for (let rounds = 0; session.taken.length < 4_000 && rounds < 20_000; rounds += 1) {
    while (session.underWay.length > 0) await session.take();
    now += 5;
    t.mock.timers.tick(5);
  }
  assert.deepEqual(session.taken, numbers(4_000));
  session.mayTell = false;
  await outbox.put("e", message("too late"));
  assert.equal(session.taken.length, 4_000);
});
