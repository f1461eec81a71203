/** What a worksheet's session does, in words. Thinking only. */

export interface WorksheetSession {
  state: string;
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
  none: ["No session yet", "none"],
  starting: ["Session starts…", "busy"],
  ready: ["Session ready", "ready"],
  busy: ["Running", "busy"],
  away: ["Session out of reach", "away"],
  ended: ["Session ended", "none"],
};

export function sessionInWords({ state, text: why }: WorksheetSession): InWords {
  const [text, tone] = STATES[state] ?? ["", "none"];
  // Of one that is there, what it is busy with before it evaluates.
  if (why !== "" && (state === "ready" || state === "busy")) return { text: why, tone: "busy", warning: "", isBusy: state === "busy" };
  return { text, tone, warning: state === "ended" || state === "away" ? why : "", isBusy: state === "busy" };
}
