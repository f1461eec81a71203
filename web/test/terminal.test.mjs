import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

const { Terminal, withoutCodes } = await load("terminal");

function shown(...pieces) {
  const terminal = new Terminal();
  for (const piece of pieces) terminal.write(piece);
  return terminal.lines.join("\n");
}

/** What is written, and what a terminal would show of it. */
const CASES = [
  ["plain lines", ["a\nb\n"], "a\nb\n"],
  ["a carriage return overwrites", ["1\r2\r3"], "3"],
  ["a carriage return erases nothing", ["long\rx"], "xong"],
  ["also when it comes in pieces", ["lo", "ng", "\r", "x"], "xong"],
  ["a line end of two characters", ["ab\r\ncd"], "ab\ncd"],
  ["two carriage returns before a line end", ["ab\r\r\ncd"], "ab\ncd"],
  ["a backspace goes back", ["abc\b\bX"], "aXc"],
  ["a backspace stops at the start", ["a\b\b\bX"], "X"],
  ["the rest of a line is erased", ["hello\r\x1b[Khi"], "hi"],
  ["a whole line is erased", ["hello\x1b[2K\rhi"], "hi"],
  ["the cursor goes up, as nested progress bars have it", ["one\ntwo\x1b[A\r1"], "1ne\ntwo"],
  ["and down again by line ends", ["one\ntwo\x1b[A\r1\n2"], "1ne\n2wo"],
  ["an escape that is cut in two", ["a\x1b[", "31mb"], "a\x1b[31mb"],
  ["other escapes are dropped", ["a\x1b]0;title\x07b\x1b[?25lc\x1b(d"], "abcd"],
  ["control characters are dropped", ["a\x00b\x1dc\x07"], "abc"],
  ["characters outside the first plane count as one", ["𝔸𝔹\r𝕏"], "𝕏𝔹"],
];

for (const [name, pieces, expected] of CASES) {
  test(name, () => { assert.equal(withoutColours(shown(...pieces), expected), expected); });
}

/** Colours are left in where the case is about them. */
function withoutColours(text, expected) {
  return expected.includes("\x1b") ? text : withoutCodes(text);
}

test("a colour reaches over line ends, and each line carries it", () => {
  assert.deepEqual(shown("\x1b[31mred\nstill\x1b[0m\nnot").split("\n"), ["\x1b[31mred", "\x1b[31mstill\x1b[0m", "not"]);
});

test("what is written over keeps the colours of the rest", () => {
  const line = shown("\x1b[32mgreen\x1b[0m\rX");
  assert.equal(withoutCodes(line), "Xreen");
  assert.match(line, /X.*\x1b\[32mreen/);
});

test("a progress bar of many steps stays one line and quick", () => {
  const terminal = new Terminal();
  const start = performance.now();
  for (let step = 0; step < 100; step++) terminal.write(`\r${"#".repeat(60)}`.repeat(100));
  assert.equal(terminal.lines.length, 1);
  assert.ok(performance.now() - start < 2000);
});
