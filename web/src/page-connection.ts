/** The one connection of a page of another site to this one, whichever of our libraries its cells are by. */
import { Connection } from "./connection";
import { at } from "./site";

/** Stands for what the code of a connection is, filled in by build.mjs: an older library in the page has its own. */
declare const CONNECTION: string;

const shared = globalThis as unknown as Record<string, Connection | undefined>;
export const connection = (shared[CONNECTION + at("")] ??= new Connection());

/** Opens it, if nobody has. */
export function start(): void {
  if (connection.state === "closed") connection.start();
}
