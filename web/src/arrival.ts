/** What a page does with what a link has brought: it says so, sets controls, and evaluates it at once where the site
 *  lets a link do that (`[sagecell] autoeval`) and the link does not say `autoeval=false`.
 *
 *  That happens once: a page that is loaded again shows what came of it. It never happens in a frame of another page.
 */
import type { Connection } from "./connection";
import { t } from "./language";
import type { Notebook } from "./notebook";
import type { LinkedCell } from "./permalink";

/** Values of `autoeval` in a link that ask for nothing. */
const NOT = /^(?:false|0|no|off)$/i;

export async function arrive(notebook: Notebook, linked: { cells: readonly LinkedCell[]; interacts?: string | null }): Promise<void> {
  const { cells } = linked;
  if (cells.length === 0) return;
  notebook.say({ text: t("This code came with the link. Read it before you evaluate it.") });
  if ("interacts" in linked) (await import("./interacts")).stand(notebook, linked);
  if (NOT.test(new URLSearchParams(location.search).get("autoeval") ?? "") || window.top !== window) return;
  const isAsItCame = () => notebook.cells.length === cells.length && notebook.cells.every(({ code, evaluation }, place) => code === cells[place]?.code && evaluation === undefined);
  whenWelcome(notebook.connection, () => {
    if (notebook.connection.welcome?.evaluates_links !== true || !isAsItCame()) return;
    const { notice } = notebook;
    notebook.evaluateAll();
    // Evaluating takes away what was said; that the controls cannot be set is still to be known.
    if (linked.interacts === null) notebook.say(notice);
  });
}

function whenWelcome(connection: Connection, act: () => void): void {
  const look = () => {
    if (connection.welcome === undefined) return;
    stop();
    act();
  };
  const stop = connection.watch(look);
  look();
}
