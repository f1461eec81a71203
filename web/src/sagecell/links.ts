/** Which cells share a session. Each has a number, under which `sagecell.kernels` has what is known of its session. */

/** Of a session that lives: what a page can do with it. */
export interface KnownSession {
  id: string;
  /** Stops what runs in it. */
  interrupt(): void;
  /** Ends it. */
  kill(): void;
}

export class Links {
  /** By number; null: none lives. */
  readonly sessions: (KnownSession | null)[] = [];
  /** The numbers of what has a `linkKey`. */
  readonly keys = Object.create(null) as Record<string, number>;

  /** Returns a number of its own. */
  own(): number {
    return this.sessions.push(null) - 1;
  }

  /** Returns the number of all that have this key. */
  of(key: string): number {
    return (this.keys[key] ??= this.own());
  }
}
