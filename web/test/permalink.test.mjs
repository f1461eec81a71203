import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

const { join, split } = await load("permalink");

const again = (...cells) => split(join(cells));
const cell = (code, language = "") => ({ code, language });

test("cells and their languages come back as they went", () => {
  for (const cells of [
    [cell("1+1")],
    [cell("x <- 1", "r")],
    [cell("a"), cell("b")],
    [cell("a", "r"), cell("b", "r"), cell("c")],
    [cell("a"), cell("b", "octave"), cell("", "r"), cell("c\n\nd", "octave")],
  ]) assert.deepEqual(again(...cells), cells);
});

test("a line says a language only where it is another one than the first cell's", () => {
  assert.deepEqual(join([cell("a", "r"), cell("b", "r"), cell("c")]), { code: 'a\n\n# %%\nb\n\n# %% language=""\nc', language: "r" });
});

test("lines of other notebooks are taken as they are meant", () => {
  assert.deepEqual(split(cell("a\r\n# %%\r\nb\n# %% a title\nc")), [cell("a"), cell("b\n# %% a title\nc")]);
});

test("what is no name of a language is none", () => {
  assert.deepEqual(split(cell("a", "<b>")), [cell("a")]);
  assert.deepEqual(split(cell('a\n# %% language="<b>"\nb')), [cell('a\n# %% language="<b>"\nb')]);
});
