/** The page of the history of one file. */
import { t } from "../language";
import { Ask } from "../workspaces/ask";
import "./history-view";
import { placeOf } from "./place";

function go(): void {
  const [main, place] = [document.querySelector("main"), placeOf(location)];
  if (main === null) return;
  if (place === undefined) {
    main.textContent = t("This address names no file of a workspace.");
    return;
  }
  document.title = `${t("History of {path}", { path: place.path })}: sagews`;
  const view = Object.assign(document.createElement("sagews-history"), { ask: new Ask(place.link), place });
  main.replaceChildren(view);
}

addEventListener("hashchange", go);
go();
