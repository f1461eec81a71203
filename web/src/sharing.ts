/** What it means that cells share variables, or do not. Loaded when the reader changes it. */
import { t } from "./language";

const APART = t("Each cell is evaluated by itself now. It knows nothing of other cells, and a result that is known already is shown at once.");
const TOGETHER = t("Cells share their variables now, in one session.");

export function sharing(isApart: boolean): string {
  return isApart ? APART : TOGETHER;
}
