/** A notebook of what somebody wrote and no worksheet can have any more, for them to download. */
import * as Y from "yjs";

import { fieldsOf, textOf } from "../content";

/** Returns what updates come to, as the text of an `.ipynb`; sources and metadata, as far as they are there. */
export function notebookOf(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc();
  for (const update of updates) {
    try {
      Y.applyUpdate(doc, update);
    } catch {
      // What can be read is better than nothing.
    }
  }
  const cells = (doc.getArray("cells").toJSON() as unknown[]).map(fieldsOf).map((cell, number) => {
    const type = ["code", "markdown", "raw"].includes(textOf(cell["cell_type"])) ? textOf(cell["cell_type"]) : "raw";
    return {
      id: textOf(cell["id"]) || `recovered-${number}`,
      cell_type: type,
      metadata: valuesOf(cell["metadata"]),
      source: textOf(cell["source"]),
      ...(cell["attachments"] === undefined ? {} : { attachments: valuesOf(cell["attachments"]) }),
      ...(type === "code" ? { outputs: [], execution_count: null } : {}),
    };
  });
  const metadata = valuesOf(fieldsOf(doc.getMap("meta").toJSON())["metadata"]);
  doc.destroy();
  return JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, undefined, 1);
}

/** Returns the values of a map of JSON texts; large numbers lose digits, as in any browser. */
function valuesOf(texts: unknown): Record<string, unknown> {
  const values: [string, unknown][] = [];
  for (const [name, text] of Object.entries(fieldsOf(texts))) {
    try {
      values.push([name, JSON.parse(textOf(text)) as unknown]);
    } catch {
      // It is no JSON.
    }
  }
  return Object.fromEntries(values);
}
