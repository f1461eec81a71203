/** Names, roles and states for those who hear what a view shows, where ipywidgets gives none. */
import { reachable, set } from "./inside-keys";
import { labelWatched } from "./inside-watched";

const FIELDS = ".widgets :is(input, select, textarea), .noUi-handle";

/** What surrounds one control with its label; not every one of ipywidgets has the class that all should have. */
const VIEW = ".widget-inline-hbox:not(.widget-colorpicker-input), .widget-inline-vbox, .jupyter-widgets";

/** Views of several things to press or fill in, which one label names: ipywidgets' own, and those of an interact. */
const GROUPS = { ".widget-toggle-buttons": "group", ".widget-radio": "radiogroup", ".sagews-labelled": "group" };

/** The buttons of a player, by their signs. */
const SIGNS = { "fa-play": "Play", "fa-pause": "Pause", "fa-stop": "Stop", "fa-retweet": "Repeat" };

/** The handles of a slider for an interval. */
const ENDS = { "noUi-handle-lower": "from", "noUi-handle-upper": "to" };

/** What is called by its kind where its author gives it no name. */
const KINDS = { ".noUi-handle": "Slider", ".jupyter-widget-taginput": "Tag" };

/** Returns what a view is called: by its label, by what is said of it where somebody points at it, or by its kind. */
function nameOf(element: Element): string {
  const label = element.closest(VIEW)?.querySelector<HTMLElement>(".widget-label");
  const known = label?.textContent.trim() || label?.title || (element as HTMLElement).title;
  return known || (Object.entries(KINDS).find(([kind]) => element.matches(kind))?.[1] ?? "");
}

/** Returns what comes after the name of a part of a control. */
function partOf(element: Element): string {
  if (element.matches("input[type='text'] + input[type='color']")) return "picker";
  if ((element.closest(".noUi-base")?.querySelectorAll(".noUi-handle").length ?? 0) < 2) return "";
  return Object.entries(ENDS).find(([name]) => element.classList.contains(name))?.[1] ?? "";
}

function label(): void {
  // What ipywidgets says of a view of which nothing is said.
  for (const empty of document.querySelectorAll("[title='null']")) empty.removeAttribute("title");
  labelWatched();
  for (const field of document.querySelectorAll<HTMLElement>(FIELDS)) {
    if (field.hasAttribute("aria-label") || (field instanceof HTMLInputElement && [...(field.labels ?? [])].some((each) => each.textContent.trim() !== ""))) continue;
    const name = nameOf(field);
    if (name !== "") field.setAttribute("aria-label", `${name} ${partOf(field)}`.trim());
  }
  for (const [groups, role] of Object.entries(GROUPS)) {
    for (const group of document.querySelectorAll(groups)) {
      const name = group.querySelector(".widget-label")?.textContent.trim() ?? "";
      set(group, "role", role);
      if (name !== "") set(group, "aria-label", name);
    }
  }
  for (const button of document.querySelectorAll(".widget-toggle-button")) set(button, "aria-pressed", String(button.classList.contains("mod-active")));
  // A sign is a letter of a font, which nobody can read out.
  for (const sign of document.querySelectorAll(".widgets button i")) set(sign, "aria-hidden", "true");
  for (const sign of document.querySelectorAll<HTMLElement>(".widget-play button i")) {
    const button = sign.closest("button");
    const known = Object.entries(SIGNS).find(([name]) => sign.classList.contains(name));
    if (button !== null && known !== undefined) set(button, "aria-label", known[1]);
  }
  for (const readout of document.querySelectorAll<HTMLElement>(".widget-readout[contenteditable='true']")) {
    set(readout, "role", "textbox");
    set(readout, "aria-label", `${nameOf(readout)} value`.trim());
  }
  // The slider itself has but the place of the value among all of them, or the exponent of it.
  for (const handle of document.querySelectorAll(".noUi-handle")) {
    const readout = handle.closest(VIEW)?.querySelector(".widget-readout");
    if (readout?.textContent) set(handle, "aria-valuetext", readout.textContent);
  }
  for (const bar of document.querySelectorAll<HTMLElement>(".progress")) {
    const filled = bar.querySelector<HTMLElement>(".progress-bar");
    const size = parseFloat(filled?.style.width || filled?.style.height || "0");
    set(bar, "role", "progressbar");
    set(bar, "aria-label", nameOf(bar) || "Progress");
    set(bar, "aria-valuenow", String(Math.round(size)));
  }
}

let isDue = false;
const CHANGES = ["style", "class", "contenteditable", "aria-valuetext", "title"];
// Not with the next picture: a frame out of sight draws none.
new MutationObserver(() => {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    label();
    reachable();
  });
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: CHANGES });
