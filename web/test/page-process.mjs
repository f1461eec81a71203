/** A page's `Sync` as a process, whose connection is what its standard input and output are joined with.
 *
 *  In: one JSON object a line, `{event}` of the server, `{line: "open" | "lost"}`, or something to do; out: `{request}`
 *  for the server, and `{page}`, what there is, whenever it is asked for with `{look: number}`.
 */
import { createInterface } from "node:readline";
import "fake-indexeddb/auto";

import { loadTogether } from "./source.mjs";

const { Y, Sync } = await loadTogether('export * as Y from "yjs"; export { Sync } from "./worksheets/sync";');

const say = (message) => { process.stdout.write(`${JSON.stringify(message)}\n`); };
const listeners = new Set();
let last = 0;
const line = {
  state: "closed",
  listen: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
  send: (request) => {
    if (line.state !== "open") return 0;
    say({ request: { id: ++last, ...request } });
    return last;
  },
};

const doc = new Y.Doc(), cells = doc.getArray("cells");
const sync = new Sync(line, JSON.parse(process.argv[2]), doc);
sync.start();

function newCell(id, source) {
  const cell = new Y.Map();
  for (const [name, value] of Object.entries({ id, cell_type: "code", source: new Y.Text(source), metadata: new Y.Map() })) cell.set(name, value);
  return cell;
}

const deeds = {
  event: (event) => { for (const each of [...listeners]) each.received(event); },
  line: (state) => {
    line.state = state === "open" ? "open" : "pausing";
    for (const each of [...listeners]) each[state === "open" ? "opened" : "lost"]();
  },
  type: ({ cell, text }) => { for (const letter of text) { const source = cells.get(cell).get("source"); source.insert(source.length, letter); } },
  paste: ({ sources }) => { doc.transact(() => { sources.forEach((source, number) => { cells.push([newCell(`p${number}`, source)]); }); }); },
  erase: ({ cell }) => { cells.delete(cell, 1); },
  look: (number) => {
    const { state, role, unacknowledged, trouble } = sync;
    say({ page: { number, state, role, unacknowledged, trouble, sources: cells.map((cell) => cell.get("source").toString()) } });
  },
};

for await (const text of createInterface({ input: process.stdin })) {
  for (const [name, value] of Object.entries(JSON.parse(text))) deeds[name](value);
}
sync.close();
