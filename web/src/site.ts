/** Where the site is that this code came from: a page of another site may have loaded it. */

/** Returns the address of a path of the site. Modules lie one folder below its root. */
export function at(path: string): string {
  return new URL(`../${path}`, import.meta.url).href;
}
