/** Which cells are near what is seen: only these have an editor and their outputs, so that a long worksheet opens at once. */

/** Above and below what is seen, in heights of the window. */
const MARGIN = "100%";

/** Cells that are given all that belongs to them within one picture on the screen: some milliseconds each. */
const AT_ONCE = 3;

const told = new WeakMap<Element, (isNear: boolean) => void>();
let observer: IntersectionObserver | undefined;
/** Those that have come near and are not told yet: who scrolls fast passes many. */
const waiting = new Set<Element>();
let picture = 0;

/** Calls `near` whenever an element comes near or goes away, until the function that is returned is called. */
export function watchNearness(element: Element, near: (isNear: boolean) => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) waiting.add(target);
        else if (!waiting.delete(target)) told.get(target)?.(false);
      }
      tellSome();
    },
    { rootMargin: `${MARGIN} 0px` },
  );
  told.set(element, near);
  observer.observe(element);
  return () => {
    told.delete(element);
    waiting.delete(element);
    observer?.unobserve(element);
  };
}

/** Tells as many as there is time for, the rest with the next pictures. */
function tellSome(): void {
  let left = AT_ONCE;
  for (const element of waiting) {
    left -= 1;
    if (left < 0) break;
    waiting.delete(element);
    told.get(element)?.(true);
  }
  cancelAnimationFrame(picture);
  if (waiting.size > 0) picture = requestAnimationFrame(tellSome);
}
