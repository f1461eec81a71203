import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";

import { load } from "./source.mjs";

const { Ask, Fault } = await load("workspaces/ask");
const outcome = await load("workspaces/outcome");

/** Serves what `answer` does to a response, and has `Ask` ask there. */
async function serving(answer, work) {
  const server = createServer((request, response) => { answer(response); }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { fetch } = globalThis;
  globalThis.fetch = (path, more) => fetch(`http://127.0.0.1:${server.address().port}${path}`, more);
  try {
    return await work(new Ask(""));
  } finally {
    globalThis.fetch = fetch;
    server.closeAllConnections();
    server.close();
  }
}

test("a connection that is cut in the midst of an answer is a fault that says so", { timeout: 10_000 }, async () => {
  const cut = (response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
    response.write('{"version": "', () => { response.destroy(); });
  };
  const asks = [(ask) => ask.put("w", "a.txt", "", new Blob(["1"])), (ask) => ask.files("w"), (ask) => ask.fetch("w", "a.txt"), (ask) => ask.archive("w", "zip")];
  for (const work of asks) {
    await assert.rejects(serving(cut, work), (error) => error.name === "Error" && error.status === 0 && /cut in the midst/.test(error.message));
  }
});

test("an answer to a save that names no version is no save", { timeout: 10_000 }, async () => {
  await assert.rejects(serving((response) => { response.end("{}"); }, (ask) => ask.put("w", "a.txt", "", new Blob(["1"]))), /names no version/);
});

test("what became of files is told with what asks for something first", () => {
  const saved = { version: "v", remarks: [] };
  const refused = new Fault(422, "a.txt: is so; do that.");
  const outcomes = [
    outcome.ofSave("b", saved, false),
    outcome.ofUnsent("c"),
    outcome.ofFault("a", refused),
    outcome.ofFault("d", new Fault(504, "The site answers with 504.")),
    outcome.ofSave("e", { version: "v", remarks: ["Others had changed e."] }, true),
    outcome.ofSave("f", saved, true),
  ];
  assert.equal(outcome.summary(outcomes), "6 files: 1 not saved, 1 perhaps not saved, 1 not sent, 1 changed by others, too, 2 saved.");
  assert.deepEqual(outcome.sorted(outcomes).map(({ text }) => text.slice(0, 9)), ["a is not ", "Whether d", "c was not", "Others ha", "b is save", "f is repl"]);
  assert.deepEqual([409, 413, 422, 0, 401, 403, 503].map((status) => outcome.endsAll(new Fault(status, ""))), [false, false, false, true, true, true, true]);
});
