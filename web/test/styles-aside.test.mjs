/** Style sheets and attributes of style, taken out of hostile HTML before it is parsed. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

const { ASIDE, withoutSheets, withoutStyles } = await load("styles-aside");

for (const [html, rest] of [
  ["<p style='color:red'>style=1</p>", `<p ${ASIDE}='color:red'>style=1</p>`],
  ["<p\nSTYLE = x>", `<p\n${ASIDE} = x>`],
  ['<p title=" style=a" style="b">', `<p title=" style=a" ${ASIDE}="b">`],
  ['<p title="a"style="b">', `<p title="a"${ASIDE}="b">`],
  ["<a/style=b>", `<a/${ASIDE}=b>`],
  ["<p data-style=a><svg style='b'/>", `<p data-style=a><svg ${ASIDE}='b'/>`],
  ["a < b style=c", "a < b style=c"],
  ["<p style", "<p style"],
  ["<p title='> style=a", "<p title='> style=a"],
  ["&lt;p style=a&gt; <i>x</i>", "&lt;p style=a&gt; <i>x</i>"],
]) {
  test(`attributes of ${JSON.stringify(html)}`, () => { assert.equal(withoutStyles(html), rest); });
}

for (const [html, rest, sheets] of [
  ["<style>a{}</style>b<STYLE type=c>d</Style >", "b", ["a{}", "d"]],
  ["<style></style>", "", [""]],
  ["<styled>a</styled>", "<styled>a</styled>", []],
  ["a<style>b", "a<style>b", []],
  ["<style", "<style", []],
]) {
  test(`sheets of ${JSON.stringify(html)}`, () => { assert.deepEqual(withoutSheets(html), { rest, sheets }); });
}

/** What takes the square of its length would not end. */
for (const piece of ["<a", "<style", "<style>", "<a '", '<a "', "<a style", "</style", "<style></style", "<a b='", "<p style=x ", "<style ", "<style></style "]) {
  test(`a megabyte of ${JSON.stringify(piece)}`, { timeout: 60_000 }, () => {
    const html = piece.repeat(1_000_000 / piece.length);
    assert.ok(withoutStyles(html).length >= html.length);
    assert.ok(withoutSheets(html).rest.length <= html.length);
  });
}
