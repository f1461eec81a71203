/** What cells of somebody else's page have beyond their elements: the module that `main.ts` loads. It gives them editors,
 *  and loads what evaluates them when that is asked for.
 */
import { editCell } from "./live-editor";
import type { Live } from "./page-cell";

type Evaluating = typeof import("./evaluating");

let evaluating: Evaluating | undefined;

async function loaded(): Promise<Evaluating> {
  evaluating ??= await import("./evaluating");
  return evaluating;
}

export const live: Live = {
  evaluate: async (cell) => { (await loaded()).evaluate(cell); },
  edit: (cell) => { editCell(cell, () => evaluating?.sessionOf(cell)); },
  remove: (cell) => { evaluating?.remove(cell); },
};
