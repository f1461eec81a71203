/** The models and views of one frame: those of ipywidgets, and anywidget's, whose modules come from the session. */
import * as base from "@jupyter-widgets/base";
import { HTMLManager } from "@jupyter-widgets/html-manager/lib/htmlmanager";

import { moduleOf } from "./inside-modules";

export class FrameWidgets extends HTMLManager {
  constructor() {
    super({ loader: (name: string) => moduleOf(name, base) });
  }

  async display(id: string, element: HTMLElement): Promise<void> {
    const model = await this.get_model(id);
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- of another copy of the types
    const view = this.create_view(model);
    await this.display_view(view, element);
  }

  /** Only the session opens comms. */
  override _create_comm(): Promise<never> {
    return Promise.reject(new Error("a view opens no comm"));
  }
}
