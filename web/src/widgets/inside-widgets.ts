/** The models and views of one frame: those of ipywidgets, and anywidget's, whose modules come from the session. */
import * as base from "@jupyter-widgets/base";
import { HTMLManager } from "@jupyter-widgets/html-manager/lib/htmlmanager";

import { moduleOf } from "./inside-modules";
import { keepPlaces } from "./inside-places";

export class FrameWidgets extends HTMLManager {
  constructor() {
    super({ loader: (name: string) => moduleOf(name, base) });
  }

  async display(id: string, element: HTMLElement): Promise<void> {
    const model = await this.get_model(id);
    const view = this.create_view(model);
    await this.display_view(view, element);
  }

  override async create_view<Kind extends base.DOMWidgetView = base.DOMWidgetView>(model: base.WidgetModel, options?: unknown): Promise<Kind> {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- of another copy of the types
    const view = await super.create_view<Kind>(model, options);
    view.el.dataset["model"] = model.model_id;
    keepPlaces(this, model, view.el);
    return view;
  }

  /** Only the session opens comms. */
  override _create_comm(): Promise<never> {
    return Promise.reject(new Error("a view opens no comm"));
  }
}
