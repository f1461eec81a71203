/** What a worksheet's session does, in words. Thinking only. */
import { coded, t } from "../language";

export interface WorksheetSession {
  state: string;
  /** Why it ended, in the schema's word. */
  reason: string;
  /** Why it ended, or is out of reach, in words. */
  text: string;
}

export interface InWords {
  text: string;
  warning: string;
  tone: "ready" | "busy" | "away" | "none";
  isBusy: boolean;
}

const STATES: Readonly<Record<string, readonly [string, InWords["tone"]]>> = {
  none: [t("No session yet; evaluating starts one."), "none"],
  starting: [t("Session starts…"), "busy"],
  ready: [t("Session ready"), "ready"],
  busy: [t("Running"), "busy"],
  away: [t("Session out of reach"), "away"],
  ended: [t("Session ended"), "none"],
};

export function sessionInWords({ state, reason, text }: WorksheetSession): InWords {
  const [standing, tone] = STATES[state] ?? ["", "none"];
  // Of one that is there, what it is busy with before it evaluates.
  if (text !== "" && (state === "ready" || state === "busy")) return { text, tone: "busy", warning: "", isBusy: state === "busy" };
  const why = state === "ended" ? coded("ended", reason, text) : text;
  return { text: standing, tone, warning: state === "ended" || state === "away" ? why : "", isBusy: state === "busy" };
}
