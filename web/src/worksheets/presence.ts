/** Where people are in a worksheet. What others say of it is theirs, and hostile: each field is looked at. */
import * as Y from "yjs";

import { fieldsOf, textOf } from "../content";
import type { WorksheetPresence } from "./wire";
import { fromBase64, toBase64 } from "./base64";

/** What somebody shows of themselves. */
export interface Presence {
  name: string;
  /** `#rrggbb` */
  color: string;
  /** Id of the cell in which they are; empty: in none. */
  cell: string;
  /** Where their selection begins and ends, in the source of that cell. */
  anchor: Y.RelativePosition | undefined;
  head: Y.RelativePosition | undefined;
}

export interface Person extends Presence {
  /** What the server calls them: one tab of one person, as long as it is connected. */
  person: string;
}

const NO_COLOR = "#808080";
const COLOR = /^#[0-9a-f]{6}$/i;
const CELL = /^[A-Za-z0-9_-]{1,64}$/;
/** Characters that are shown of a name. */
const MOST_NAME = 100;

export function presenceText({ name, color, cell, anchor, head }: Presence): string {
  const positions = Object.fromEntries(Object.entries({ anchor, head }).map(([which, at]) => [which, at === undefined ? undefined : toBase64(Y.encodeRelativePosition(at))]));
  return JSON.stringify({ name: name.slice(0, MOST_NAME), color, cell, ...positions });
}

/** Returns somebody as the server tells of them: `name` is that of their account, if they have one. */
export function personOf(said: { person: string; name: string; presence: string }): Person {
  let fields;
  try {
    fields = fieldsOf(JSON.parse(said.presence) as unknown);
  } catch {
    fields = fieldsOf({});
  }
  const color = textOf(fields["color"]), cell = textOf(fields["cell"]);
  return {
    person: said.person,
    name: said.name || textOf(fields["name"]).slice(0, MOST_NAME),
    color: COLOR.test(color) ? color : NO_COLOR,
    cell: CELL.test(cell) ? cell : "",
    anchor: positionOf(textOf(fields["anchor"])),
    head: positionOf(textOf(fields["head"])),
  };
}

/** Returns who is there after the server has told of everybody, or of those who have moved. */
export function peopleAfter(before: readonly Person[], { people, changes = false, gone = [] }: WorksheetPresence): readonly Person[] {
  const moved = new Map(people.map((each) => [each.person, personOf(each)]));
  const known = changes ? before.filter(({ person }) => !gone.includes(person)) : [];
  const stay = known.map((each) => moved.get(each.person) ?? each);
  return [...stay, ...[...moved.values()].filter(({ person }) => !known.some((each) => each.person === person))];
}

function positionOf(text: string): Y.RelativePosition | undefined {
  if (text === "") return undefined;
  try {
    return Y.decodeRelativePosition(fromBase64(text));
  } catch {
    return undefined;
  }
}
