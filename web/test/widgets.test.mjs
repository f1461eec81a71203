import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

const { Models } = await load("widgets/models");
const { Gate } = await load("widgets/gate");
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

test("of a frame only messages to its own models pass, of a size and as often as it may", () => {
  const said = (more) => ({ comm: "a", message: "m-1", data: '{"method": "update", "state": {"value": 2}}', buffers: [], ...more });
  const pass = (more, gate = new Gate()) => gate.pass(said(more), (comm) => comm === "a", 1000);
  assert.deepEqual(JSON.parse(pass({}).message.body), { comm_id: "a", message: "m-1", data: { method: "update", state: { value: 2 } } });
  assert.deepEqual(pass({ buffers: [new Uint8Array([1, 2]).buffer] }).message.buffers, ["AQI="]);
  assert.equal(pass({ data: '{"method": "custom", "content": 1}' }).isState, false);
  const refused = [{ comm: "b" }, { comm: ["a"] }, { message: "" }, { message: "x".repeat(65) }, { message: "<" }, { data: {} }, { data: "{" }, { data: '{"method": "open"}' }, { buffers: ["AQI="] }, { buffers: Array(257).fill(new ArrayBuffer(0)) }, { buffers: [new ArrayBuffer(5 << 20)] }, { data: `{"method": "custom", "content": "${"x".repeat(5 << 20)}"}` }];
  for (const more of refused) assert.equal(pass(more), undefined, JSON.stringify(more).slice(0, 60));
  const gate = new Gate();
  const passed = Array.from({ length: 1000 }, () => pass({}, gate)).filter((each) => each !== undefined);
  assert.equal(passed.length, 240);
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
