import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { catalogues, entriesOf, isWhole, textsOfSource } from "../catalogue.mjs";

/** What the files have that are said to be translated whole: of others, what is missing is shown in English. */
const translated = new Set((await readFile(join(import.meta.dirname, "../../tests/translated.txt"), "utf8")).split("\n"));
const isTranslated = (files) => [...files].some((file) => translated.has(`web/${file}`));
const texts = await textsOfSource();
const all = Object.entries(await catalogues());
const places = (text) => [...new Set(text.match(/\{\w+\}/g))].filter((place) => place !== "{th}").sort();

test("there are texts, and a catalogue for each language", () => {
  assert.ok(texts.size > 250);
  assert.deepEqual(all.map(([tag]) => tag), ["de", "es", "fr", "zh-Hans"]);
  assert.deepEqual([...texts.get("Cell {number}").files], ["src/announcer.ts", "src/cell-view.ts", "src/embed/cell-element.ts", "src/history/difference-view.ts"]);
});

for (const [tag, catalogue] of all) {
  const entries = entriesOf(catalogue);

  test(`${tag}: every text is translated`, (context) => {
    const missing = [...texts].filter(([key]) => !isWhole(entries.get(key)));
    for (const [key, { files }] of missing) context.diagnostic(`not translated: ${key} (${[...files].join(", ")})`);
    assert.deepEqual(missing.filter(([, { files }]) => isTranslated(files)).map(([key]) => key), []);
  });

  test(`${tag}: no text is left over`, () => {
    const left = [...entries].filter(([key]) => !texts.has(key));
    assert.deepEqual(left.filter(([, { comments }]) => isTranslated((comments?.reference ?? "").split("\n"))).map(([key]) => key), []);
  });

  test(`${tag}: values are in every form, and there are as many forms as the language has`, () => {
    const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.length === 1 ? 1 : 2;
    for (const [key, { msgid, msgid_plural, msgstr }] of entries) {
      if (msgstr.every((form) => form === "")) continue;
      for (const form of msgstr) assert.deepEqual(places(form), places(msgid_plural ?? msgid), key);
      assert.equal(msgstr.length, msgid_plural === undefined ? 1 : forms, key);
    }
  });
}
