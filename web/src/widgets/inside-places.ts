/** Controls in places of their own: where a view's model names places, by selectors of CSS, for views that it has.
 *
 *  A place is an element of the frame that some HTML has made: what an interact's function has put out, or HTML among
 *  its controls. A second view of the same model is shown there, and the first one not, as long as the place is there;
 *  when it goes, as it does with each run of the function that makes it, the first one is seen again.
 */
import type { DOMWidgetView, WidgetModel } from "@jupyter-widgets/base";

/** The attribute of a model with selectors by the ids of other models. */
const PLACES = "sagews_places";

interface Views {
  get_model(id: string): Promise<WidgetModel>;
  create_view(model: WidgetModel): Promise<DOMWidgetView>;
  display_view(view: DOMWidgetView, element: HTMLElement): Promise<unknown>;
}

interface Placed {
  place: HTMLElement;
  view: DOMWidgetView | undefined;
}

class Keeper {
  readonly #views: Views;
  readonly #model: WidgetModel;
  readonly #element: HTMLElement;
  readonly #placed = new Map<string, Placed>();
  #wasThere = false;

  constructor(views: Views, model: WidgetModel, element: HTMLElement) {
    this.#views = views;
    this.#model = model;
    this.#element = element;
  }

  /** Puts everything where it belongs now; returns whether there may be more to do later. */
  look(): boolean {
    if (!this.#element.isConnected) {
      if (this.#wasThere) for (const id of this.#placed.keys()) this.#takeAway(id);
      return !this.#wasThere;
    }
    this.#wasThere = true;
    const places = this.#model.get(PLACES) as Readonly<Record<string, string>>;
    for (const id of this.#placed.keys()) if (!(id in places)) this.#takeAway(id);
    for (const [id, selector] of Object.entries(places)) this.#put(id, selector);
    return true;
  }

  /** Removes the views whose places have gone: at once, before somebody else would, who cannot. */
  forsake(): void {
    for (const [id, { view }] of this.#placed) if (view?.el.isConnected === false) this.#takeAway(id);
  }

  #put(id: string, selector: string): void {
    const own = this.#element.querySelector(`[data-model="${CSS.escape(id)}"]:not(.placed)`);
    const place = own === null ? undefined : placeOf(selector, id);
    own?.classList.toggle("elsewhere", place !== undefined);
    if (this.#placed.get(id)?.place === place) return;
    this.#takeAway(id);
    if (place === undefined) return;
    const placed: Placed = { place, view: undefined };
    this.#placed.set(id, placed);
    void this.#show(id, placed).catch(() => undefined);
  }

  async #show(id: string, placed: Placed): Promise<void> {
    const view = await this.#views.create_view(await this.#views.get_model(id));
    view.el.classList.add("placed");
    if (placed.place.isConnected) await this.#views.display_view(view, placed.place);
    placed.view = view;
    if (this.#placed.get(id) === placed) this.forsake();
    else remove(view);
  }

  #takeAway(id: string): void {
    const view = this.#placed.get(id)?.view;
    this.#placed.delete(id);
    if (view !== undefined) remove(view);
  }
}

const keepers = new Set<Keeper>();
let isDue = false;
const observer = new MutationObserver(() => {
  for (const keeper of keepers) keeper.forsake();
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    look();
  });
});

/** Keeps views in their places, if the model of a view names any. */
export function keepPlaces(views: Views, model: WidgetModel, element: HTMLElement): void {
  const has = () => Object.keys((model.get(PLACES) as object | undefined) ?? {}).length > 0;
  const keep = () => {
    if (!has()) return;
    model.off(`change:${PLACES}`, keep);
    model.on(`change:${PLACES}`, look);
    keepers.add(new Keeper(views, model, element));
    observer.observe(document.body, { subtree: true, childList: true });
    look();
  };
  if (model.has(PLACES)) model.on(`change:${PLACES}`, keep);
  keep();
}

/** Removes a view, which can be done only from within the page; of the end of its place it was not told. */
function remove(view: DOMWidgetView): void {
  if (!view.el.isConnected) document.body.append(view.el);
  view.remove();
}

function look(): void {
  for (const keeper of keepers) if (!keeper.look()) keepers.delete(keeper);
}

/** Returns the first element of this selector that is shown, and is not of the model itself. */
function placeOf(selector: string, id: string): HTMLElement | undefined {
  try {
    const all = document.getElementById("output")?.querySelectorAll<HTMLElement>(selector) ?? [];
    return [...all].find((each) => each.closest(`.elsewhere, [data-model="${CSS.escape(id)}"]`) === null);
  } catch {
    return undefined; // No selector at all.
  }
}
