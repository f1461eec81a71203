import assert from "node:assert/strict";
import { test } from "node:test";
import "fake-indexeddb/auto";

import { loadTogether } from "./source.mjs";

const { Y, Sync, KeptEdits, inPieces, toBase64, fromBase64, personOf, presenceText } = await loadTogether(`
  export * as Y from "yjs";
  export { Sync } from "./worksheets/sync";
  export { KeptEdits } from "./worksheets/kept-edits";
  export { inPieces } from "./worksheets/pieces";
  export { toBase64, fromBase64 } from "./worksheets/base64";
  export { personOf, presenceText } from "./worksheets/presence";
`);

const DEADLINE = { timeout: 10_000 };
const PIECE = 1000;

/** A server's room as the page sees it: it has one worksheet, and speaks the messages of it. */
class Room {
  doc = new Y.Doc();
  epoch = "e1";
  role = "editor";
  lines = new Set();
  received = [];
  /** Failures with which the next edits are answered. */
  refusals = [];
  /** Whether edits are acknowledged. */
  isDurable = true;
  seq = 0;

  take(line, { id, kind, ...request }) {
    this.received.push({ kind, ...request });
    if (kind === "open_worksheet") {
      if (request.epoch !== "" && request.epoch !== this.epoch) return line.fail(id, "other_epoch");
      const whole = Y.encodeStateAsUpdate(this.doc, request.state === "" ? undefined : fromBase64(request.state));
      const count = Math.ceil(whole.length / PIECE);
      for (let number = 0; number < count; number += 1) {
        const said = { worksheet: "w", seq: this.seq, update: toBase64(whole.slice(number * PIECE, (number + 1) * PIECE)), more: count - number - 1 };
        line.hear(number === 0 ? { kind: "worksheet_opened", request: id, epoch: this.epoch, role: this.role, name: "a.ipynb", ...said } : { kind: "worksheet_updates", ...said });
      }
    } else if (kind === "edit_worksheet") {
      const refusal = this.refusals.shift();
      if (refusal !== undefined) return line.fail(id, refusal.code, refusal);
      if (!this.isDurable) return undefined;
      const update = fromBase64(request.update);
      Y.applyUpdate(this.doc, update);
      this.seq += 1;
      for (const other of this.lines) if (other !== line) other.hear({ kind: "worksheet_updates", worksheet: "w", seq: this.seq, update: request.update, more: 0 });
      line.hear({ kind: "worksheet_edited", request: id, worksheet: "w", seq: this.seq });
    }
    return undefined;
  }

  edits() {
    return this.received.filter(({ kind }) => kind === "edit_worksheet");
  }
}

/** A connection to it, whose messages come a moment later. */
class Line {
  state = "open";
  #listeners = new Set();
  #last = 0;

  constructor(room) {
    this.room = room;
    room.lines.add(this);
  }

  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(request) {
    if (this.state !== "open") return 0;
    const id = ++this.#last;
    setImmediate(() => { if (this.state === "open") this.room.take(this, { id, ...request }); });
    return id;
  }

  hear(event) {
    const at = this.state;
    setImmediate(() => { if (at === "open" && this.state === "open") for (const each of this.#listeners) each.received({ session: "", sequence: 0, time: 0, ...event }); });
  }

  fail(request, code, more = {}) {
    this.hear({ kind: "failure", request, code, what: "is not so", noun: "worksheet", hint: "", ...more });
  }

  cut() {
    this.state = "pausing";
    for (const each of this.#listeners) each.lost();
  }

  mend() {
    this.state = "open";
    for (const each of this.#listeners) each.opened();
  }
}

let places = 0;
const place = () => ({ workspace: "space", path: `${++places}.ipynb`, link: "" });

async function until(what, said) {
  for (let tries = 0; !what(); tries += 1) {
    assert.ok(tries < 2000, `never: ${said ?? what}`);
    await new Promise((resolve) => { setTimeout(resolve, 2); });
  }
}

async function opened(room, at) {
  const line = new Line(room), doc = new Y.Doc();
  const sync = new Sync(line, at, doc);
  sync.start();
  await until(() => sync.state === "open", "open");
  return { line, doc, sync, text: doc.getText("t") };
}

test("two pages have the same, whatever is written in them, and all of it is acknowledged", DEADLINE, async () => {
  const room = new Room();
  room.doc.getText("t").insert(0, "x".repeat(5 * PIECE));
  const one = await opened(room, place()), other = await opened(room, place());
  assert.equal(one.text.length, 5 * PIECE);
  one.text.insert(0, "Γειά 你好 😀");
  other.text.insert(0, "hallo");
  await until(() => one.sync.unacknowledged + other.sync.unacknowledged === 0);
  await until(() => one.text.toString() === other.text.toString());
  assert.match(one.text.toString(), /Γειά 你好 😀/);
  assert.equal(room.doc.getText("t").toString(), one.text.toString());
  one.sync.close();
  other.sync.close();
});

test("keystrokes are gathered, and are one edit", DEADLINE, async () => {
  const room = new Room();
  const { sync, text } = await opened(room, place());
  for (const letter of "integrate") text.insert(text.length, letter);
  assert.equal(sync.unacknowledged, 9);
  await until(() => sync.unacknowledged === 0);
  assert.equal(room.edits().length, 1);
  sync.close();
});

test("what is written offline is sent on return, in its order, and merged with what others wrote", DEADLINE, async () => {
  const room = new Room();
  const { line, sync, text } = await opened(room, place());
  line.cut();
  assert.equal(sync.state, "offline");
  text.insert(0, "ab");
  room.doc.getText("t").insert(0, "!");
  await until(() => sync.unacknowledged === 1);
  text.insert(1, "-");
  line.mend();
  await until(() => sync.unacknowledged === 0);
  await until(() => text.toString() === room.doc.getText("t").toString());
  assert.equal([...text.toString()].sort().join(""), "!-ab");
  assert.ok(room.received.filter(({ kind }) => kind === "open_worksheet")[1].state !== "", "the page says what it has");
  sync.close();
});

test("what is not acknowledged is kept over a reload, and sent then", DEADLINE, async () => {
  const room = new Room(), at = place();
  room.isDurable = false;
  const before = await opened(room, at);
  before.text.insert(0, "kept");
  await until(() => room.edits().length === 1);
  before.sync.close();
  assert.equal(room.doc.getText("t").toString(), "");
  room.isDurable = true;
  const after = await opened(room, at);
  await until(() => after.sync.unacknowledged === 0);
  assert.equal(room.doc.getText("t").toString(), "kept");
  assert.equal(after.text.toString(), "kept");
  await until(() => room.edits().length === 2);
  after.sync.close();
  const again = await opened(room, at);
  assert.equal(again.sync.unacknowledged, 0, "what is durable is kept no longer");
  again.sync.close();
});

test("an edit whose answer was lost is sent again, and is there once", DEADLINE, async () => {
  const room = new Room();
  const { line, sync, text } = await opened(room, place());
  text.insert(0, "once");
  await until(() => room.doc.getText("t").toString() === "once");
  line.cut();
  line.mend();
  await until(() => sync.unacknowledged === 0);
  assert.equal(room.doc.getText("t").toString(), "once");
  sync.close();
});

test("a server that lacks something is sent all of it", DEADLINE, async () => {
  const room = new Room();
  const { sync, text } = await opened(room, place());
  text.insert(0, "first");
  await until(() => sync.unacknowledged === 0);
  // It was set back to a backup.
  room.doc = new Y.Doc();
  room.refusals.push({ code: "missing_updates", state: toBase64(Y.encodeStateVector(room.doc)) });
  text.insert(5, " second");
  await until(() => sync.unacknowledged === 0);
  assert.equal(room.doc.getText("t").toString(), "first second");
  sync.close();
});

test("another epoch ends the page, with a notebook of what it had", DEADLINE, async () => {
  const room = new Room(), at = place();
  const cell = new Y.Map();
  room.doc.getArray("cells").push([cell]);
  for (const [name, value] of Object.entries({ id: "c1", cell_type: "code", source: new Y.Text("1+1"), metadata: new Y.Map([["tags", "[1]"]]) })) cell.set(name, value);
  const { line, sync, doc } = await opened(room, at);
  line.cut();
  doc.getArray("cells").get(0).get("source").insert(3, "+α");
  await until(() => sync.unacknowledged === 1);
  room.epoch = "e2";
  room.doc = new Y.Doc();
  line.mend();
  await until(() => sync.state === "ended" && sync.recovered.length === 1);
  const [notebook] = sync.recovered.map((text) => JSON.parse(text));
  assert.deepEqual(notebook.cells, [{ id: "c1", cell_type: "code", metadata: { tags: [1] }, source: "1+1+α", outputs: [], execution_count: null }]);
  sync.close();
  const anew = await opened(room, at);
  assert.equal(anew.sync.unacknowledged, 0);
  assert.equal(anew.sync.recovered.length, 1, "it is there until somebody has it");
  await anew.sync.forgetRecovered();
  anew.sync.close();
  const last = await opened(room, at);
  assert.equal(last.sync.recovered.length, 0);
  last.sync.close();
});

test("what was kept of another epoch is never merged: it is a notebook, and the page opens", DEADLINE, async () => {
  const room = new Room(), at = place();
  room.isDurable = false;
  const before = await opened(room, at);
  before.text.insert(0, "old");
  await until(() => room.edits().length === 1);
  before.sync.close();
  room.epoch = "e2";
  const { sync, text } = await opened(room, at);
  assert.equal(text.toString(), "");
  assert.equal(sync.recovered.length, 1);
  assert.equal(sync.unacknowledged, 0);
  sync.close();
});

test("an edit that nobody may make ends the page, and is not lost", DEADLINE, async () => {
  const room = new Room();
  const { sync, text } = await opened(room, place());
  room.refusals.push({ code: "forbidden" });
  text.insert(0, "mine");
  await until(() => sync.state === "ended");
  assert.equal(sync.recovered.length, 1);
  assert.match(sync.trouble, /is not so/);
  sync.close();
});

test("a server that is away for a moment is asked again", DEADLINE, async () => {
  const room = new Room();
  const { sync, text } = await opened(room, place());
  room.refusals.push({ code: "unavailable" });
  text.insert(0, "later");
  await until(() => sync.trouble !== "");
  await until(() => sync.unacknowledged === 0);
  assert.equal(room.doc.getText("t").toString(), "later");
  sync.close();
});

test("where there is no room, nothing is lost: the page says what is full, and sends it when there is", DEADLINE, async () => {
  const room = new Room();
  const failure = { code: "no_space", what: "the workspaces of its owner would take up 2 MiB, and may take up 1", hint: "delete a workspace for good" };
  room.refusals = [failure];
  const { sync, text } = await opened(room, place());
  text.insert(0, "a");
  await until(() => sync.trouble !== "");
  assert.match(sync.trouble, /no more room: the workspaces of its owner .*; delete a workspace for good\. Nothing is lost/);
  assert.equal(sync.state, "open");
  assert.equal(sync.unacknowledged, 1);
  await until(() => sync.unacknowledged === 0);
  assert.equal(sync.trouble, "");
  sync.close();
});

test("who has moved is told alone, and that the file is behind is told", DEADLINE, async () => {
  const room = new Room();
  const { sync, line } = await opened(room, place());
  const at = (person, cell) => ({ person, name: person, presence: JSON.stringify({ cell }) });
  const hear = (said) => { line.hear({ worksheet: "w", ...said }); };
  const places = () => sync.people.map(({ person, cell }) => `${person}:${cell}`);
  hear({ kind: "worksheet_presence", people: [at("p", "a"), at("q", "a")] });
  hear({ kind: "worksheet_presence", people: [at("p", "b"), at("r", "c")], changes: true, gone: ["q"] });
  hear({ kind: "worksheet_unsaved", why: "is full" });
  await until(() => sync.unsaved === "is full");
  assert.deepEqual(places(), ["p:b", "r:c"]);
  hear({ kind: "worksheet_presence", people: [at("s", "a")] });
  hear({ kind: "worksheet_unsaved", why: "" });
  await until(() => sync.unsaved === "");
  assert.deepEqual(places(), ["s:a"]);
  sync.close();
});

test("rights that have changed have it opened anew", DEADLINE, async () => {
  const room = new Room();
  const { line, sync } = await opened(room, place());
  assert.equal(sync.role, "editor");
  room.role = "viewer";
  line.hear({ kind: "worksheet_ended", worksheet: "w", reason: "rights" });
  await until(() => sync.state === "open" && sync.role === "viewer");
  sync.close();
});

test("a large edit is sent in pieces, none of which takes a cell apart", DEADLINE, () => {
  const from = new Y.Doc(), to = new Y.Doc();
  const cells = from.getArray("cells");
  from.transact(() => {
    for (let number = 0; number < 6000; number += 1) {
      const cell = new Y.Map();
      cells.insert(Math.floor(number / 2), [cell]);
      cell.set("id", `c${number}`);
      cell.set("cell_type", "code");
      cell.set("source", new Y.Text(`${number} 😀`.repeat(30)));
      cell.set("metadata", new Y.Map());
    }
    cells.delete(5, 100);
  });
  const pieces = inPieces(Y.encodeStateAsUpdate(from));
  assert.ok(pieces.length > 3);
  for (const piece of pieces) {
    assert.ok(piece.length <= 1 << 20);
    Y.applyUpdate(to, piece);
    assert.equal(to.store.pendingStructs, null, "nothing before it is missing");
    for (const cell of to.getArray("cells")) assert.deepEqual([...cell.keys()].sort(), ["cell_type", "id", "metadata", "source"]);
  }
  assert.deepEqual(to.getArray("cells").toJSON(), cells.toJSON());
});

test("edits of several people are put in pieces in an order in which each can be placed", DEADLINE, () => {
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()];
  let seed = 7;
  const chance = (most) => { seed = (seed * 48271) % 2147483647; return seed % most; };
  for (let round = 0; round < 4000; round += 1) {
    const text = docs[chance(3)].getText("t");
    text.insert(chance(text.length + 1), "abcdefghijklmnop".repeat(20));
    if (round % 3 === 0) for (const doc of docs) for (const other of docs) if (doc !== other) Y.applyUpdate(doc, Y.encodeStateAsUpdate(other, Y.encodeStateVector(doc)));
  }
  for (const doc of docs) for (const other of docs) Y.applyUpdate(doc, Y.encodeStateAsUpdate(other, Y.encodeStateVector(doc)));
  const to = new Y.Doc();
  const pieces = inPieces(Y.encodeStateAsUpdate(docs[0]));
  assert.ok(pieces.length > 1);
  for (const piece of pieces) {
    Y.applyUpdate(to, piece);
    assert.equal(to.store.pendingStructs, null);
  }
  assert.equal(to.getText("t").toString(), docs[1].getText("t").toString());
});

test("what others say of where they are is looked at", DEADLINE, () => {
  const hostile = personOf({ person: "p", name: "", presence: '{"name": {"a": 1}, "color": "url(x)", "cell": "<b>", "anchor": "%%%", "head": 7}' });
  assert.deepEqual({ ...hostile }, { person: "p", name: "", color: "#808080", cell: "", anchor: undefined, head: undefined });
  assert.equal(personOf({ person: "p", name: "Ada", presence: "no JSON" }).name, "Ada");
  const doc = new Y.Doc(), text = doc.getText("t");
  text.insert(0, "ab");
  const at = Y.createRelativePositionFromTypeIndex(text, 1);
  const said = presenceText({ name: "Eve", color: "#00ff00", cell: "c1", anchor: at, head: at });
  assert.ok(said.length < 1024);
  assert.equal(Y.createAbsolutePositionFromRelativePosition(personOf({ person: "p", name: "", presence: said }).head, doc).index, 1);
});

test("without storage nothing is kept, and the page says so", DEADLINE, async () => {
  const kept = new KeptEdits("nowhere");
  const { open } = indexedDB;
  indexedDB.open = () => { throw new Error("switched off"); };
  try {
    const edit = kept.keep("e", new Uint8Array([0, 0]));
    assert.equal(await edit.key, undefined);
    assert.equal(kept.isKeeping, false);
  } finally {
    indexedDB.open = open;
  }
});
