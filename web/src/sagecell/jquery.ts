/** jQuery for pages that have none of their own and rely on the one that SageMathCell's library gave them.
 *
 *  Such a page says `$(function () { … })` right after the library. So `$` has to be there when our script has run:
 *  while the page is still being read, jQuery itself is put right behind our script, and is run before anything else
 *  of the page. Where that cannot be (the script is `async`, or the browser refuses to wait), a stand-in keeps what
 *  shall be done when the page is ready, until jQuery has come.
 */

import { SAGECELL, inBuild } from "./build";

type Ready = (query: unknown) => void;

interface StandIn {
  (act: unknown): { ready(act: Ready): void };
  ready(act: Ready): void;
}

/** Sees to it that there is a jQuery. `script`: the element of our own script, if it is known. */
export function provideJQuery(root: () => string, script: HTMLScriptElement | null): void {
  if (window.jQuery !== undefined || window.$ !== undefined) {
    window.jQuery ??= window.$;
    window.$ ??= window.jQuery;
    return;
  }
  const waiting: Ready[] = [];
  const standIn = standInFor(waiting);
  window.jQuery = window.$ = standIn;
  const arrived = (): boolean => {
    const query = window.jQuery;
    if (query === standIn || typeof query !== "function") return false;
    for (const act of waiting.splice(0)) (query as (act: Ready) => void)(act);
    return true;
  };
  if (mayWrite(script)) {
    const nonce = script.nonce === "" ? "" : ` nonce="${script.nonce}"`;
    // Nothing else has a browser wait for a script that was not in the page.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    document.write(`<script src="${encodeURI(addressOf(root()))}"${nonce}></script>`);
  }
  const fetch = () => {
    if (arrived()) return;
    const element = document.createElement("script");
    element.src = addressOf(root());
    if (script !== null) element.nonce = script.nonce;
    element.addEventListener("load", arrived);
    document.head.append(element);
  };
  if (document.readyState !== "loading") fetch();
  else if (mayWrite(script)) document.addEventListener("DOMContentLoaded", fetch);
  else fetch();
}

function addressOf(root: string): string {
  return inBuild(root, SAGECELL.jquery);
}

/** Whether the page is being read just behind our script. */
function mayWrite(script: HTMLScriptElement | null): script is HTMLScriptElement {
  // XHTML cannot be written into.
  return script !== null && document.readyState === "loading" && document.contentType === "text/html" && !script.async && !script.defer;
}

function standInFor(waiting: Ready[]): StandIn {
  const ready = (act: Ready) => { waiting.push(act); };
  const standIn = (act: unknown) => {
    if (typeof act === "function") ready(act as Ready);
    return { ready };
  };
  return Object.assign(standIn, { ready });
}
