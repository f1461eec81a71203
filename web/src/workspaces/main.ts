/** The page of workspaces: a list, or the one that stands behind the `#` of its address, which is sent to nobody. */
import { Ask } from "./ask";
import "./list-view";
import "./open-view";
import { takePlace } from "./place";

const main = document.querySelector("main");

async function go(): Promise<void> {
  const place = new URLSearchParams(location.hash.slice(1));
  const [id, link, publication] = [place.get("id") ?? "", place.get("link") ?? "", place.get("copy") ?? ""];
  const ask = new Ask(link);
  if (publication !== "") await import("./copy-view");
  const view = document.createElement(`sagews-workspace${publication !== "" ? "-copy" : id === "" ? "-list" : ""}`);
  Object.assign(view, { ask, publication, workspace: encodeURIComponent(id), byLink: link !== "" });
  main?.replaceChildren(view);
}

takePlace();
addEventListener("hashchange", () => { void go(); });
void go();
