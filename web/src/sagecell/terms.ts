/** The terms of a site that has some: whoever evaluates in a page accepts them once, in this browser. */
import { t } from "../language";
import { at } from "../site";
import { made } from "./markup";

const KEPT = "accepted_tos";
let asked: Promise<boolean> | undefined;

/** Resolves to whether the reader may evaluate: the site has no terms, or they are accepted. */
export function termsAccepted(): Promise<boolean> {
  asked ??= ask();
  const answer = asked;
  void answer.then((isAccepted) => { if (!isAccepted && asked === answer) asked = undefined; });
  return answer;
}

async function ask(): Promise<boolean> {
  if (isKept()) return true;
  let terms = "";
  try {
    const answer = await fetch(at("tos.html"), { method: "POST", body: new URLSearchParams() });
    if (answer.ok && answer.status !== 204) terms = await answer.text();
  } catch {
    // What cannot be reached cannot be evaluated at either, and says so by itself.
  }
  return terms.trim() === "" || (await show(terms));
}

async function show(terms: string): Promise<boolean> {
  const { sanitised } = await import("../rich");
  const accept = made("button", "sagecell_evalButton", t("Accept"));
  const cancel = made("button", "", t("Cancel"));
  const title = made("h2", "", t("Terms of service"));
  const dialog = made("dialog", "sagecell_terms", title, sanitised(terms), made("p", "", accept, " ", cancel));
  dialog.setAttribute("aria-label", title.textContent);
  const place = made("div", "sagecell", dialog);
  document.body.append(place);
  dialog.showModal();
  return new Promise((resolve) => {
    accept.addEventListener("click", () => { dialog.close("accept"); });
    cancel.addEventListener("click", () => { dialog.close(""); });
    dialog.addEventListener("close", () => {
      const isAccepted = dialog.returnValue === "accept";
      place.remove();
      if (isAccepted) keep();
      resolve(isAccepted);
    });
  });
}

/** A browser may refuse a page of another site any storage. */
function isKept(): boolean {
  try {
    return Boolean(localStorage.getItem(KEPT));
  } catch {
    return false;
  }
}

function keep(): void {
  try {
    localStorage.setItem(KEPT, "true");
  } catch {
    // It is asked for once more in the next page.
  }
}
