/** The page of workspaces: a list, or the one that stands behind the `#` of its address, which is sent to nobody. */
import { Ask } from "./ask";
import "./list-view";
import "./open-view";
import { takePlace } from "./place";

const main = document.querySelector("main");

function go(): void {
  if (main === null) return;
  const place = new URLSearchParams(location.hash.slice(1));
  const [id, link] = [place.get("id") ?? "", place.get("link") ?? ""];
  const ask = new Ask(link);
  main.replaceChildren();
  const view = id === "" ? document.createElement("sagews-workspace-list") : document.createElement("sagews-workspace");
  Object.assign(view, { ask, workspace: encodeURIComponent(id), byLink: link !== "" });
  main.append(view);
}

takePlace();
addEventListener("hashchange", go);
go();
