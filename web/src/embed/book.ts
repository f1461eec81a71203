/** The cells of a page of another site: one connection for all of them, opened when the first is near what is seen, and
 *  the places where they are evaluated.
 *
 *  Cells that name a session share it, with each other and with those of other pages of the same origin: its ticket is
 *  kept there. A cell that names none is evaluated by itself, and in a session of its own if it shows controls.
 */
import { connection, start } from "../page-connection";
import type { Place } from "./place";
import { Shared } from "./shared";

export class Book {
  readonly connection = connection;
  #alone: Promise<Place> | undefined;
  readonly #shared = new Map<string, Place>();

  /** Returns the session of this name, for a cell. */
  shared(name: string, cell: string): Place {
    start();
    let place = this.#shared.get(name);
    if (place === undefined) this.#shared.set(name, (place = new Shared(this.connection, name, cell)));
    return place;
  }

  /** Returns where cells are evaluated each by itself. */
  alone(): Promise<Place> {
    start();
    this.#alone ??= import("./alone").then(({ Alone }) => new Alone(this.connection));
    return this.#alone;
  }

  /** Returns a session for one cell, which ends some time after the page is left. */
  own(cell: string): Place {
    start();
    return new Shared(this.connection, "", cell);
  }
}
