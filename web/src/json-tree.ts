/** A JSON value as a tree that folds. Branches are made when they are opened, since a value may be huge. */
import { t, tn } from "./language";

const MOST_BRANCHES = 500;

export function jsonTree(value: unknown): HTMLElement {
  const tree = document.createElement("div");
  tree.className = "json";
  tree.append(branch("", value, true));
  return tree;
}

function branch(name: string, value: unknown, isOpen: boolean): HTMLElement {
  if (typeof value !== "object" || value === null) return leaf(name, value);
  const entries = Object.entries(value);
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.append(label(name), Array.isArray(value) ? `[${tn("{count} item", "{count} items", entries.length)}]` : `{${tn("{count} key", "{count} keys", entries.length)}}`);
  details.append(summary);
  const grow = () => {
    if (!details.open || details.childElementCount > 1) return;
    details.append(...entries.slice(0, MOST_BRANCHES).map(([key, child]) => branch(key, child, false)));
    if (entries.length > MOST_BRANCHES) details.append(t("… {count} more", { count: entries.length - MOST_BRANCHES }));
  };
  details.addEventListener("toggle", grow);
  details.open = isOpen;
  return details;
}

function leaf(name: string, value: unknown): HTMLElement {
  const element = document.createElement("div");
  const text = document.createElement("span");
  text.className = `json-${value === null ? "null" : typeof value}`;
  text.textContent = JSON.stringify(value);
  element.append(label(name), text);
  return element;
}

function label(name: string): HTMLElement {
  const element = document.createElement("span");
  element.className = "json-name";
  element.textContent = name === "" ? "" : `${name}: `;
  return element;
}
