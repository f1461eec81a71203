/** Where somebody was who signs in: what stands behind the `#`, which may hold the token of a link, is sent to nobody. */
const NAME = "sagews-place";
/** Seconds for which it is kept, in this tab alone. */
const KEPT = 900;

/** Keeps the place until `takePlace`. */
export function keepPlace(): void {
  sessionStorage.setItem(NAME, `${Date.now()} ${location.hash}`);
}

/** Goes back to the place that was kept, once, unless the address names one. */
export function takePlace(): void {
  const [time, hash = ""] = (sessionStorage.getItem(NAME) ?? "").split(" ");
  sessionStorage.removeItem(NAME);
  if (location.hash === "" && Date.now() - Number(time) < 1000 * KEPT) history.replaceState(null, "", `/workspaces${hash}`);
}
