/** Which worksheet a page shows: its address says so. The token of a link stands behind the `#`, which is sent to nobody. */
import type { Place } from "./place";

/** Returns the place that an address names; undefined if it names none. */
export function placeOf({ pathname, hash }: Pick<Location, "pathname" | "hash">): Place | undefined {
  const [, workspace = "", path = ""] = /^\/workspaces\/([^/]+)\/worksheets\/(.+)$/.exec(pathname) ?? [];
  try {
    const link = new URLSearchParams(hash.slice(1)).get("link") ?? "";
    return path === "" ? undefined : { workspace: decodeURIComponent(workspace), path: path.split("/").map(decodeURIComponent).join("/"), link };
  } catch {
    return undefined;
  }
}

/** Returns the address of the page of a worksheet. */
export function addressOf({ workspace, path, link }: Place): string {
  const hash = link === "" ? "" : `#link=${encodeURIComponent(link)}`;
  return `/workspaces/${encodeURIComponent(workspace)}/worksheets/${path.split("/").map(encodeURIComponent).join("/")}${hash}`;
}

/** Returns the address of the page of its history. */
export function historyOf({ workspace, path, link }: Place): string {
  return addressOf({ workspace, path, link }).replace("/worksheets/", "/history/");
}

/** Returns the address of the page of its workspace. */
export function workspaceOf({ workspace, link }: Place): string {
  const place = new URLSearchParams(link === "" ? { id: workspace } : { id: workspace, link });
  return `/workspaces#${place.toString()}`;
}
