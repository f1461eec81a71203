/** Names in code of other languages: what the editor offers, without asking a session. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

const { following, knowing } = await load("program-names");

/** The language, the code with its cursor, one name that follows, where that begins. */
const ASKED = [
  ["gap", "l := [1..Lengt|];", "Length", 9],
  ["gap", "cubes := 1;\nPrint(cub|", "cubes", 18],
  ["maxima", "2*%p|", "%pi", 2],
  ["r", "my.data <- 1\nread.c|", "read.csv", 13],
  ["gp", "/* 𝔸 */ nextpr|", "nextprime", 8],
  ["singular", "ideal j = groeb|", "groebner", 10],
  ["octave", "größe = 1;\ngr|", "größe", 11],
];

for (const [language, code, name, start] of ASKED) {
  test(`${language}: ${code} goes on as ${name}`, async () => {
    const cursor = Array.from(code).indexOf("|");
    const said = JSON.parse(await knowing(language).complete(code.replace("|", ""), cursor));
    assert.ok(said.matches.includes(name), said.matches.join(" "));
    assert.deepEqual([said.cursor_start, said.cursor_end], [start, cursor]);
  });
}

for (const code of ["", "f(", "2f", "record.Leng", "x "]) {
  test(`nothing follows: ${code}`, () => { assert.deepEqual(following(code, code.length, "gap", "factor\nLength\n").matches, []); });
}

test("a session that there is has further names", async () => {
  const asked = [];
  const session = (isFree, body) => ({ isFree: () => isFree, complete: async (code, cursor) => { asked.push([code, cursor]); return body; } });
  const body = JSON.stringify({ matches: ["groupOfMine", "groups"], cursor_start: 9, cursor_end: 14 });
  const said = async (...given) => JSON.parse(await knowing("gap", session(...given)).complete("x:=group", 8)).matches;
  assert.deepEqual(await said(true, body), ["groupOfMine", "groups"]);
  assert.deepEqual(asked, [["%%gap\nx:=group", 14]]);
  assert.deepEqual(await said(false, body), []);
  assert.deepEqual(await said(true, undefined), []);
  assert.deepEqual(await said(true, JSON.stringify({ matches: ["group1"], cursor_start: 2 })), []);
});
