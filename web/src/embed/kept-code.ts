/** What a reader has written into a cell, kept for as long as the tab lives: a reload takes nothing away. */

/** Returns it; undefined if there is none, or the author has written other code since. */
export function keptCode(name: string, authors: string): string | undefined {
  const kept = storage()?.getItem(keyOf(name));
  const [before, code] = kept?.split("\0") ?? [];
  return before === authors ? code : undefined;
}

export function keepCode(name: string, authors: string, code: string): void {
  try {
    if (code === authors) storage()?.removeItem(keyOf(name));
    else storage()?.setItem(keyOf(name), `${authors}\0${code}`);
  } catch {
    // There is no room for it.
  }
}

function keyOf(name: string): string {
  return `sagews.code ${name}`;
}

/** Undefined where it is switched off. */
function storage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
