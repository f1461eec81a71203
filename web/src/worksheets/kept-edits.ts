/** What this browser keeps of a worksheet until the server has it: over a reload, and while it is offline.
 *
 *  Edits are kept one by one, with the epoch of the worksheet to which they belong; a copy of the whole beside
 *  them when they wait for long, so that they can be read should the server have another worksheet by then. Where
 *  the reader has switched storage off, or it is full, nothing is kept, and `isKeeping` says so.
 */

const NAME = "sagews.worksheets";
const EDITS = "edits", COPIES = "copies", RECOVERED = "recovered";
const PLACE = "place";

interface Row {
  place: string;
  epoch: string;
  update: Uint8Array;
}

interface Recovered {
  place: string;
  notebook: string;
}

/** An edit that is kept, or will be in a moment. */
export interface KeptEdit {
  readonly update: Uint8Array;
  /** Its number, once it is kept; undefined: it could not be. */
  readonly key: Promise<number | undefined>;
}

export interface Kept {
  /** Of the worksheet to which the edits belong; empty: there are none. */
  epoch: string;
  edits: KeptEdit[];
  /** The whole worksheet as one update, as it was before or among the edits. */
  copy: Uint8Array | undefined;
}

export class KeptEdits {
  isKeeping = true;
  readonly #place: string;
  #database: Promise<IDBDatabase> | undefined;

  /** Keeps what belongs to this worksheet: `place` is its address. */
  constructor(place: string) {
    this.#place = place;
  }

  /** Returns what was kept, edits in the order in which they were made; of several epochs the one of the first. */
  async load(): Promise<Kept> {
    const found: { row: Row; key: number }[] = [];
    await this.#try(EDITS, "readonly", (store) => {
      const cursor = store.index(PLACE).openCursor(this.#place);
      cursor.onsuccess = () => {
        const at = cursor.result;
        if (at === null) return;
        found.push({ row: at.value as Row, key: Number(at.primaryKey) });
        at.continue();
      };
    });
    const epoch = found[0]?.row.epoch ?? "";
    const copy = await this.#get<Row>(COPIES);
    return {
      epoch,
      edits: found.filter(({ row }) => row.epoch === epoch).map(({ row, key }) => ({ update: row.update, key: Promise.resolve(key) })),
      copy: copy?.epoch === epoch ? copy.update : undefined,
    };
  }

  keep(epoch: string, update: Uint8Array): KeptEdit {
    const row: Row = { place: this.#place, epoch, update };
    let request: IDBRequest<IDBValidKey> | undefined;
    const done = this.#try(EDITS, "readwrite", (store) => { request = store.add(row); });
    return { update, key: done.then((isDone) => isDone && request !== undefined ? Number(request.result) : undefined) };
  }

  /** Forgets edits, which the server has. */
  async forget(edits: readonly KeptEdit[]): Promise<void> {
    const keys = (await Promise.all(edits.map(({ key }) => key))).filter((key) => key !== undefined);
    if (keys.length === 0) return;
    await this.#try(EDITS, "readwrite", (store) => { for (const key of keys) store.delete(key); });
  }

  async keepCopy(epoch: string, update: Uint8Array): Promise<void> {
    await this.#try(COPIES, "readwrite", (store) => { store.put({ place: this.#place, epoch, update } satisfies Row); });
  }

  async forgetCopy(): Promise<void> {
    await this.#try(COPIES, "readwrite", (store) => { store.delete(this.#place); });
  }

  /** Returns the notebooks that were made of edits which no worksheet can have any more. */
  async recovered(): Promise<string[]> {
    let request: IDBRequest<unknown[]> | undefined;
    const isDone = await this.#try(RECOVERED, "readonly", (store) => { request = store.index(PLACE).getAll(this.#place); });
    return isDone && request !== undefined ? request.result.map((row) => (row as Recovered).notebook) : [];
  }

  /** Keeps such a notebook in place of these edits, and of the copy. */
  async recover(notebook: string, edits: readonly KeptEdit[]): Promise<void> {
    const isKept = await this.#try(RECOVERED, "readwrite", (store) => { store.add({ place: this.#place, notebook } satisfies Recovered); });
    if (isKept) await this.forget(edits);
    await this.forgetCopy();
  }

  async forgetRecovered(): Promise<void> {
    await this.#try(RECOVERED, "readwrite", (store) => {
      const cursor = store.index(PLACE).openKeyCursor(this.#place);
      cursor.onsuccess = () => {
        if (cursor.result === null) return;
        store.delete(cursor.result.primaryKey);
        cursor.result.continue();
      };
    });
  }

  async close(): Promise<void> {
    const opening = this.#database;
    this.#database = undefined;
    try {
      (await opening)?.close();
    } catch {
      // It was never open.
    }
  }

  async #get<Found>(name: string): Promise<Found | undefined> {
    let request: IDBRequest<unknown> | undefined;
    const isDone = await this.#try(name, "readonly", (store) => { request = store.get(this.#place); });
    return isDone && request !== undefined ? request.result as Found | undefined : undefined;
  }

  /** Does one transaction; returns whether it is done. */
  async #try(name: string, mode: IDBTransactionMode, work: (store: IDBObjectStore) => void): Promise<boolean> {
    try {
      this.#database ??= openDatabase();
      const database = await this.#database;
      await new Promise<void>((resolve, reject) => {
        const transaction = database.transaction(name, mode);
        transaction.oncomplete = () => { resolve(); };
        transaction.onabort = () => { reject(transaction.error ?? new Error("not kept")); };
        work(transaction.objectStore(name));
      });
      return true;
    } catch {
      if (mode === "readwrite") this.isKeeping = false;
      return false;
    }
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(EDITS, { autoIncrement: true }).createIndex(PLACE, PLACE);
      opening.result.createObjectStore(COPIES, { keyPath: PLACE });
      opening.result.createObjectStore(RECOVERED, { autoIncrement: true }).createIndex(PLACE, PLACE);
    };
    opening.onsuccess = () => {
      // Another tab has a newer version of this page.
      opening.result.onversionchange = () => { opening.result.close(); };
      resolve(opening.result);
    };
    opening.onerror = () => { reject(opening.error ?? new Error("no storage")); };
    opening.onblocked = () => { reject(new Error("no storage")); };
  });
}
