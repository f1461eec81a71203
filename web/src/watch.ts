/** Things that others watch: the models tell, the elements of the page redraw. */

export class Watched {
  readonly #watchers = new Set<() => void>();

  /** Calls `watcher` after each change, until the function that is returned is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  protected changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
