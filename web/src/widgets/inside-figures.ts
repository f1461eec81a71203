/** Live figures of matplotlib, by ipympl's views: in the order in which a pointer did what it did.
 *
 *  ipympl sends moves 33 ms apart and presses at once, so that a button was let go before the figure heard of the last
 *  moves; of a quick drag it heard none. Selectors end where they heard that the pointer was. So where a button is
 *  let go is told as a move first.
 */
import * as figures from "jupyter-matplotlib";

interface CanvasView {
  top_canvas: HTMLCanvasElement;
  mouse_event(name: string): (event: MouseEvent) => void;
  _init_canvas(): void;
}

const Ipympl = figures["MPLCanvasView"] as new (...parts: never[]) => CanvasView;

class MPLCanvasView extends Ipympl {
  override _init_canvas(): void {
    super._init_canvas();
    // While it is captured: before the view's own listener, which tells of the button.
    this.top_canvas.addEventListener("mouseup", this.mouse_event("motion_notify"), { capture: true });
  }
}

export const classes: Record<string, unknown> = { ...figures, MPLCanvasView };
