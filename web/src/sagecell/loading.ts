/** Brings the part that evaluates, once and when it is first needed, and says so where that cannot be. */
import { tag } from "../tag";
import { SAGECELL, inBuild } from "./build";
import { t } from "./own-words";
import type { Live, WithLive } from "./page-cell";

/** Returns what calls something of it, now or when it has come. */
export function loading(root: () => string): WithLive {
  let coming: Promise<Live> | undefined;
  const load = async (): Promise<Live> => {
    // First the texts, which are taken when the code is loaded.
    globalThis.sagewsLanguage = tag(SAGECELL.languages);
    const catalogue = SAGECELL.languages[globalThis.sagewsLanguage];
    if (catalogue !== undefined) await import(inBuild(root(), catalogue));
    return (await (import(inBuild(root(), SAGECELL.live)) as Promise<{ live: Live }>)).live;
  };
  return (act, failed) => {
    coming ??= load();
    coming.then(act).catch(() => {
      // The next one who needs it tries again.
      coming = undefined;
      failed?.(t("The server at {root} cannot be reached, or does not let this page ask. Try again, or tell who wrote the page.").replace("{root}", root()));
    });
  };
}
