/** Updates of Yjs in pieces that the server takes, each of which can be put after those before it.
 *
 *  The server takes an update of at most 1 MiB, with at most 20,000 items and deleted ranges and 4,000 new maps
 *  and texts, and only if nothing before it is missing, and all cells are whole with it. So items are put in an
 *  order in which each comes after what it refers to, and a piece ends before an item that begins a cell.
 *
 *  The encoding is version 1 of Yjs's: see `writeStructs` in
 *  https://github.com/yjs/yjs/blob/main/src/utils/encoding.js
 */
import * as Y from "yjs";

import { joined } from "./base64";

export const MOST_BYTES = 1 << 20;
const MOST_PARTS = 20_000;
const MOST_TYPES = 4_000;
/** Bytes of an update that is within all limits: each part takes two or more. */
const SMALL = 2 * 7_000;
/** Bytes of an item beside those of its content: its numbers. */
const EDGE = 64;

type Struct = ReturnType<typeof Y.decodeUpdate>["structs"][number];

/** Returns an update as one piece or several. One that is no update, or has one item that is too large, stays as it is. */
export function inPieces(update: Uint8Array): Uint8Array[] {
  if (update.length <= SMALL) return [update];
  const { structs, ds } = Y.decodeUpdate(update);
  const ordered = inOrder(structs);
  if (ordered === undefined) return [update];
  const made: Piece[] = [new Piece()];
  const last = (): Piece => made[made.length - 1] ?? new Piece();
  for (const struct of ordered) {
    const bytes = encoded(struct);
    const types = struct instanceof Y.Item && struct.content instanceof Y.ContentType ? 1 : 0;
    if (!last().hasRoom(bytes.length, types, 1) || (beginsCell(struct) && !last().hasRoom(bytes.length, types, 0.5))) made.push(new Piece());
    last().add(struct, bytes, types);
  }
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) {
      if (!last().hasRoom(EDGE, 0, 1)) made.push(new Piece());
      last().delete(client, clock, len);
    }
  }
  return made.length === 1 ? [update] : made.map((piece) => piece.bytes());
}

class Piece {
  readonly #structs = new Map<number, { clock: number; count: number; bytes: Uint8Array[] }>();
  readonly #deletes = new Map<number, number[]>();
  #size = EDGE;
  #types = 0;
  #parts = 0;

  /** Whether something more fits, or there is nothing yet; `share`: of the limits. */
  hasRoom(size: number, types: number, share: number): boolean {
    if (this.#parts === 0) return true;
    return this.#size + size <= share * MOST_BYTES && this.#types + types <= share * MOST_TYPES && this.#parts < share * MOST_PARTS;
  }

  add(struct: Struct, bytes: Uint8Array, types: number): void {
    const { client, clock } = struct.id;
    const group = this.#structs.get(client) ?? { clock, count: 0, bytes: [] };
    if (group.count === 0) this.#size += EDGE;
    this.#structs.set(client, group);
    group.count += 1;
    group.bytes.push(bytes);
    this.#size += bytes.length;
    this.#types += types;
    this.#parts += 1;
  }

  delete(client: number, clock: number, length: number): void {
    const ranges = this.#deletes.get(client) ?? [];
    this.#deletes.set(client, ranges);
    ranges.push(clock, length);
    this.#size += EDGE;
    this.#parts += 1;
  }

  bytes(): Uint8Array {
    const parts = [numbers(this.#structs.size)];
    // The library writes clients in descending order, and is quicker so.
    for (const [client, { clock, count, bytes }] of [...this.#structs].sort(([one], [other]) => other - one)) {
      parts.push(numbers(count, client, clock), ...bytes);
    }
    parts.push(numbers(this.#deletes.size));
    for (const [client, ranges] of this.#deletes) parts.push(numbers(client, ranges.length / 2, ...ranges));
    return joined(parts);
  }
}

/** Returns items such that each comes after what it refers to; undefined if there is no such order. */
function inOrder(structs: readonly Struct[]): Struct[] | undefined {
  const clients = new Map<number, { structs: Struct[]; next: number; from: number }>();
  for (const struct of structs) {
    // What is left out between two items cannot be one piece with them.
    if (struct instanceof Y.Skip) return undefined;
    const { client, clock } = struct.id;
    const those = clients.get(client) ?? { structs: [], next: 0, from: clock };
    clients.set(client, those);
    those.structs.push(struct);
  }
  const isThere = ({ client, clock }: Y.ID): boolean => {
    const those = clients.get(client);
    if (those === undefined || clock < those.from) return true;
    const next = those.structs[those.next];
    return next === undefined || clock < next.id.clock;
  };
  const ordered: Struct[] = [];
  for (let before = -1; before < ordered.length;) {
    before = ordered.length;
    for (const those of clients.values()) {
      for (;;) {
        const next = those.structs[those.next];
        if (next === undefined || !needs(next).every((id) => id.client === next.id.client || isThere(id))) break;
        ordered.push(next);
        those.next += 1;
      }
    }
  }
  return ordered.length === structs.length ? ordered : undefined;
}

function needs(struct: Struct): Y.ID[] {
  if (!(struct instanceof Y.Item)) return [];
  const { origin, rightOrigin } = struct;
  const parent: unknown = struct.parent;
  return [origin, rightOrigin, parent].filter((id): id is Y.ID => id instanceof Y.ID);
}

function beginsCell(struct: Struct): boolean {
  return struct instanceof Y.Item && struct.content instanceof Y.ContentType && struct.parentSub === null && struct.content.type instanceof Y.Map;
}

function encoded(struct: Struct): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  struct.write(encoder, 0);
  // It has an empty set of deleted ranges nowhere: these are the item's bytes alone.
  return encoder.toUint8Array();
}

/** Returns whole numbers as the encoding has them: seven bits a byte, the lowest first. */
function numbers(...values: number[]): Uint8Array {
  const bytes: number[] = [];
  for (let value of values) {
    for (; value > 127; value = Math.floor(value / 128)) bytes.push(128 | value % 128);
    bytes.push(value);
  }
  return Uint8Array.from(bytes);
}
