import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./source.mjs";

const { hashOf, placeOf } = await load("history/place");

test("the address of a history names workspace, file, version and link", () => {
  const place = placeOf({ pathname: "/workspaces/w1/history/a%20b/%CE%BB%23.ipynb", hash: "#version=v&link=t%26" });
  assert.deepEqual(place, { workspace: "w1", path: "a b/λ#.ipynb", version: "v", link: "t&" });
  assert.equal(hashOf(place), "#version=v&link=t%26");
  assert.equal(hashOf({ ...place, version: "", link: "" }), "#");
});

test("what is no such address is none", () => {
  for (const pathname of ["/workspaces", "/workspaces/w/history/", "/workspaces/w/history/%E0", "/workspaces//history/a"]) {
    assert.equal(placeOf({ pathname, hash: "" }), undefined);
  }
});
