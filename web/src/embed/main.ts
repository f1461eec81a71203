/** What `/embed.js` loads: the element of cells in pages of other sites. */
import { CellElement } from "./cell-element";

if (customElements.get("sagews-cell") === undefined) customElements.define("sagews-cell", CellElement);

export { CellElement };
