/** Names and roles for those who hear what a view shows, where ipywidgets gives none. */
import { labelWatched } from "./inside-watched";

const FIELDS = ".jupyter-widgets input, .jupyter-widgets select, .jupyter-widgets textarea, .noUi-handle";

/** The buttons of a player, by their signs. */
const SIGNS = { "fa-play": "Play", "fa-pause": "Pause", "fa-stop": "Stop", "fa-retweet": "Repeat" };

function nameOf(element: Element): string {
  const field = element.closest(".widget-inline-hbox, .widget-inline-vbox, .jupyter-widgets");
  return field?.querySelector(".widget-label")?.textContent.trim() ?? "";
}

function label(): void {
  labelWatched();
  for (const field of document.querySelectorAll<HTMLElement>(FIELDS)) {
    if (field.hasAttribute("aria-label") || (field instanceof HTMLInputElement && (field.labels?.length ?? 0) > 0)) continue;
    const name = nameOf(field);
    if (name !== "") field.setAttribute("aria-label", name);
  }
  for (const sign of document.querySelectorAll<HTMLElement>(".widget-play button i")) {
    const button = sign.closest("button");
    const known = Object.entries(SIGNS).find(([name]) => sign.classList.contains(name));
    if (button !== null && known !== undefined) set(button, "aria-label", known[1]);
  }
  for (const readout of document.querySelectorAll<HTMLElement>(".widget-readout[contenteditable='true']")) {
    readout.setAttribute("role", "textbox");
    readout.setAttribute("aria-label", `${nameOf(readout)} value`.trim());
  }
  for (const bar of document.querySelectorAll<HTMLElement>(".progress")) {
    const filled = bar.querySelector<HTMLElement>(".progress-bar");
    const size = parseFloat(filled?.style.width || filled?.style.height || "0");
    set(bar, "role", "progressbar");
    set(bar, "aria-label", nameOf(bar) || "Progress");
    set(bar, "aria-valuenow", String(Math.round(size)));
  }
}

function set(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

let isDue = false;
new MutationObserver(() => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    label();
  });
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["style", "class", "contenteditable"] });
