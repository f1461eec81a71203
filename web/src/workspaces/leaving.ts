/** The question of the browser's own whether to leave, while something is on its way that would be lost with the page. */

let underWay = 0;

/** Does something; who leaves the page meanwhile is asked first. */
export async function asLongAs<T>(work: () => Promise<T>): Promise<T> {
  underWay += 1;
  // What it says is shown by old browsers alone.
  window.onbeforeunload = () => "Something is not saved yet.";
  try {
    return await work();
  } finally {
    underWay -= 1;
    if (underWay === 0) window.onbeforeunload = null;
  }
}
