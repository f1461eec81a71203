/** A view whose reader may only see what others do: its controls are reached and read, and do not move. */

const CONTROLS = "input, select, textarea, button, .noUi-target, [contenteditable], [role=slider]";
const EVENTS = ["pointerdown", "mousedown", "touchstart", "click", "dblclick", "keydown", "beforeinput", "input", "change", "paste", "drop", "wheel"];

let isWatched = false;

export function setWatched(watched: boolean): void {
  isWatched = watched;
  document.documentElement.classList.toggle("watched", watched);
}

function keep(event: Event): void {
  if (!isWatched || (event instanceof KeyboardEvent && event.key === "Tab")) return;
  if (!(event.target instanceof Element) || event.target.closest(CONTROLS) === null) return;
  if (event.cancelable) event.preventDefault();
  event.stopImmediatePropagation();
}

for (const kind of EVENTS) addEventListener(kind, keep, { capture: true, passive: false });

/** Says so to those who hear a control; called whenever the view has changed. */
export function labelWatched(): void {
  for (const control of document.querySelectorAll(CONTROLS)) {
    const is = control.getAttribute("aria-disabled") === "true";
    if (isWatched && !is) control.setAttribute("aria-disabled", "true");
    else if (!isWatched && is && control.hasAttribute("data-watched")) control.removeAttribute("aria-disabled");
    control.toggleAttribute("data-watched", isWatched && (control.hasAttribute("data-watched") || !is));
  }
}
