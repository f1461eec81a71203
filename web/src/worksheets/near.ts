/** Which cells are near what is seen: only these have an editor and their outputs, so that a long worksheet opens at once. */

/** Above and below what is seen, in heights of the window. */
const MARGIN = "100%";

const told = new WeakMap<Element, (isNear: boolean) => void>();
let observer: IntersectionObserver | undefined;

/** Calls `near` whenever an element comes near or goes away, until the function that is returned is called. */
export function watchNearness(element: Element, near: (isNear: boolean) => void): () => void {
  observer ??= new IntersectionObserver(
    (entries) => { for (const { target, isIntersecting } of entries) told.get(target)?.(isIntersecting); },
    { rootMargin: `${MARGIN} 0px` },
  );
  told.set(element, near);
  observer.observe(element);
  return () => {
    told.delete(element);
    observer?.unobserve(element);
  };
}
