import assert from "node:assert/strict";
import { test } from "node:test";

import { catalogues, entriesOf, isWhole } from "../catalogue.mjs";
import { load } from "./source.mjs";

/** Returns a module as it is on a page of a language, with that language's catalogue. */
async function speaking(tag, name, more = {}) {
  const catalogue = (await catalogues())[tag];
  const entries = catalogue === undefined ? [] : [...entriesOf(catalogue)].filter(([, entry]) => isWhole(entry));
  globalThis.sagewsTexts = { ...Object.fromEntries(entries.map(([key, { msgid_plural, msgstr }]) => [key, msgid_plural ? msgstr : msgstr[0]])), ...more };
  globalThis.document = { documentElement: { lang: tag } };
  try {
    // One of its own for each language: the same address would be the same module.
    return await load(name, tag);
  } finally {
    delete globalThis.sagewsTexts;
    delete globalThis.document;
  }
}

test("without a page, or a catalogue, English is spoken", async () => {
  const { t, tn, coded, language } = await load("language");
  assert.equal(language, "en");
  assert.equal(t("Cell {number}", { number: 1234 }), "Cell 1,234");
  assert.deepEqual([0, 1, 2].map((count) => tn("{count} byte", "{count} bytes", count)), ["0 bytes", "1 byte", "2 bytes"]);
  assert.equal(coded("done", "error", "Ended with an error."), "Ended with an error.");
});

test("what a catalogue lacks is said in English", async () => {
  const { t, tn, coded } = await speaking("de", "language");
  assert.equal(t("Said by nobody {when}", { when: "yet" }), "Said by nobody yet");
  assert.equal(tn("{count} sheep", "{count} sheeps", 2), "2 sheeps");
  assert.equal(coded("done", "a_new_one", "In English."), "In English.");
});

test("each language has its words and its numbers", async () => {
  const said = {};
  for (const tag of ["de", "es", "fr", "zh-Hans"]) {
    const { t, coded } = await speaking(tag, "language");
    said[tag] = [t("Evaluate"), t("Cell {number}", { number: 12345 }).replaceAll(/\s/g, " "), coded("role", "viewer", "viewer")];
  }
  assert.deepEqual(said, {
    de: ["Auswerten", "Zelle 12.345", "Lesen"],
    es: ["Evaluar", "Celda 12.345", "Lectura"],
    fr: ["Évaluer", "Cellule 12 345", "Lecture"],
    "zh-Hans": ["计算", "单元格 12,345", "查看者"],
  });
});

test("plural forms are those of the language: French has one for none", async () => {
  const forms = async (tag) => {
    const { tn } = await speaking(tag, "language");
    return [0, 1, 2, 1_000_000].map((count) => tn("{count} item", "{count} items", count).replaceAll(/[\d\s.,]/g, ""));
  };
  assert.deepEqual(await forms("de"), ["Elemente", "Element", "Elemente", "Elemente"]);
  assert.deepEqual(await forms("fr"), ["élément", "élément", "éléments", "éléments"]);
  assert.deepEqual(await forms("es"), ["elementos", "elemento", "elementos", "elementos"]);
  assert.deepEqual(await forms("zh-Hans"), ["项", "项", "项", "项"]);
});

test("languages with more forms than two have them in gettext's order", async () => {
  const { tn } = await speaking("pl", "language", { "{count} item": ["element", "elementy", "elementów"] });
  assert.deepEqual([1, 2, 5, 22, 112].map((count) => tn("{count} item", "{count} items", count)), ["element", "elementy", "elementów", "elementy", "elementów"]);
});

test("what comes from people is not taken for a place of a value", async () => {
  const { t } = await load("language");
  assert.equal(t("Others had changed {path}: theirs stays, yours is {place}.", { path: "{place}", place: "$&" }), "Others had changed {place}: theirs stays, yours is $&.");
});

test("amounts and dates are written as the language has them", async () => {
  const { durationInWords, bytesInWords, placeInWords } = await speaking("de", "words");
  assert.deepEqual([durationInWords(0.25), durationInWords(12.34), bytesInWords(1536), placeInWords(3)], ["0,25 s", "12,3 s", "1,5 KiB", "Platz 3 in der Warteschlange"]);
  const { keptInWords } = await speaking("fr", "kept");
  const noon = new Date(2026, 8, 4, 12, 5).getTime() / 1000;
  assert.equal(keptInWords(noon, noon + 365 * 86400), "conservé (4 septembre 2026)");
});
