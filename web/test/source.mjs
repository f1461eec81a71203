/** Loads a module of `src/` as it is, for tests that need no browser. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

/** `mark`: what makes it a module of its own, beside one of the same name. */
export async function load(name, mark = "") {
  const entry = join(here, "../src", `${name}.ts`);
  const result = await build({ entryPoints: [entry], bundle: true, format: "esm", loader: { ".txt": "text" }, write: false });
  return import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString("base64")}${mark === "" ? "" : `#${encodeURIComponent(mark)}`}`);
}

/** Loads several modules as one, so that they share what they import: `code` exports them, as seen from `src/`. */
export async function loadTogether(code) {
  const result = await build({ stdin: { contents: code, resolveDir: join(here, "../src"), loader: "ts" }, bundle: true, format: "esm", write: false });
  return import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].contents).toString("base64")}`);
}
