/** Asks for modules before code does that would come to them only after others. */

export function preload(addresses: readonly string[]): void {
  for (const href of addresses) {
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.href = href;
    document.head.append(link);
  }
}

/** Whether an element is where a reader looks, or nearly: its editor is wanted at once. */
export function isInSight(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return top < 2 * innerHeight && bottom > -innerHeight;
}
