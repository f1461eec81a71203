/** Where the page is: `/workspaces/ID/history/PATH`, with a version and the token of a link behind the `#`. */

export interface Place {
  workspace: string;
  path: string;
  version: string;
  link: string;
}

const ADDRESS = /^\/workspaces\/([^/]+)\/history\/(.+)$/s;

/** Returns the place of an address; undefined if it is none. */
export function placeOf({ pathname, hash }: { pathname: string; hash: string }): Place | undefined {
  const found = ADDRESS.exec(pathname);
  const more = new URLSearchParams(hash.slice(1));
  try {
    const [workspace, path] = [found?.[1], found?.[2]].map((part) => decodeURIComponent(part ?? ""));
    if (!workspace || !path) return undefined;
    return { workspace, path, version: more.get("version") ?? "", link: more.get("link") ?? "" };
  } catch {
    return undefined;
  }
}

/** Returns what stands behind the `#` for a place. */
export function hashOf({ version, link }: Place): string {
  const more = new URLSearchParams();
  if (version !== "") more.set("version", version);
  if (link !== "") more.set("link", link);
  return `#${more.toString()}`;
}
