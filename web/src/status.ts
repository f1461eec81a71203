/** What the session is doing, in words. Thinking only: nothing here draws. */
import type { Connection } from "./connection";
import { t } from "./language";
import type { Notebook } from "./notebook";
import type { Session } from "./session";
import { bytesInWords, timeInWords } from "./words";

export interface Status {
  tone: "idle" | "busy" | "ready" | "away";
  text: string;
  /** The limit that is near, or empty. */
  warning: string;
}

/** Part of a limit after which the page says that it is near. */
const NEAR = 0.8;
/** Seconds before a session ends at which the page says so. */
const LAST_CALL = 300;
/** Milliseconds after Stop in which an evaluation should have stopped. */
const STOPS_WITHIN = 4000;

export function describe(notebook: Notebook, connection: Connection): Status {
  if (connection.state !== "open") return away(connection);
  const { session, isApart, pending } = notebook;
  if (isApart) return pending.length > 0 ? busy(notebook, undefined, connection.now) : { tone: "ready", text: t("Ready; each cell by itself."), warning: "" };
  if (session === undefined || session.state === "new") {
    return { tone: "idle", text: t("No session yet; evaluating starts one."), warning: "" };
  }
  if (session.state === "opening") {
    const { line } = session;
    const text = line === undefined ? t("Starting a session…") : t("Waiting for a free place: {place} of {waiting}", { place: line.place, waiting: line.waiting });
    return { tone: "busy", text, warning: "" };
  }
  if (session.state === "away") return { tone: "away", text: t("The session cannot be reached; looking for it…"), warning: "" };
  // One that is joined again, on a new connection, is not interrupted by that.
  if (session.limits === undefined) return { tone: "busy", text: t("Joining the session…"), warning: "" };
  return pending.length > 0 ? busy(notebook, session, connection.now) : ready(session, connection.now);
}

function away(connection: Connection): Status {
  if (connection.welcome === undefined && connection.state === "opening") return { tone: "busy", text: t("Connecting…"), warning: "" };
  const seconds = Math.max(0, Math.ceil((connection.retryAt - Date.now()) / 1000));
  const next = connection.state === "pausing" && seconds > 1 ? ` ${t("Next attempt in {time}.", { time: timeInWords(seconds) })}` : "";
  return { tone: "away", text: t("Not connected; what runs goes on.") + next, warning: "" };
}

function busy(notebook: Notebook, session: Session | undefined, now: number): Status {
  const { running, pending } = notebook;
  if (running === undefined) {
    const waitsFor = pending[0]?.waitsFor ?? "";
    return { tone: "busy", text: waitsFor === "" ? t("About to run…") : waitsFor.replace(/^./, (first) => first.toUpperCase()), warning: "" };
  }
  const seconds = now - running.started;
  const number = notebook.cells.findIndex((cell) => cell.id === running.cell) + 1;
  const name = number > 0 && notebook.cells.length > 1 ? t("cell {number}", { number }) : "";
  const waiting = pending.length - 1;
  const queue = waiting > 0 ? `, ${t("{waiting} waiting", { waiting })}` : "";
  if (notebook.stoppedAt > 0 && Date.now() - notebook.stoppedAt > STOPS_WITHIN) {
    return { tone: "busy", text: t("Stopping for {time}", { time: timeInWords((Date.now() - notebook.stoppedAt) / 1000) }), warning: running.run === undefined ? t("It does not stop by itself: Restart ends the session.") : t("It does not stop by itself: Stop it once more to end it.") };
  }
  const asks = running.outputs.shapes.some((shape) => shape.kind === "prompt" && shape.isOpen);
  const cell = name === "" ? t("the cell") : name;
  let what = name === "" ? t("Running") : t("Running {cell}", { cell });
  if (notebook.stoppedAt > 0) what = name === "" ? t("Stopping") : t("Stopping {cell}", { cell });
  else if (asks) what = t("Waiting for your input in {cell}", { cell });
  const near = session === undefined ? "" : nearLimits(session, seconds, running.outputs.bytes);
  return {
    tone: "busy",
    text: `${what} · ${timeInWords(seconds)}${queue}`,
    warning: near === "" && session !== undefined ? lastCall(session, now, false) : near,
  };
}

/** Returns which limits of one evaluation are near. */
function nearLimits({ limits }: Session, seconds: number, bytes: number): string {
  const isNear = (used: number, limit: number) => limit > 0 && used > NEAR * limit;
  const { wall_time: time = 0, output_bytes: most = 0 } = limits ?? {};
  const warnings = [];
  if (isNear(seconds, time)) warnings.push(t("It will be stopped at {time}.", { time: timeInWords(time) }));
  if (isNear(bytes, most)) warnings.push(t("It has put out {size} and will be stopped at {most}.", { size: bytesInWords(bytes), most: bytesInWords(most) }));
  return warnings.join(" ");
}

function ready(session: Session, now: number): Status {
  return { tone: "ready", text: t("Ready"), warning: lastCall(session, now, true) };
}

function lastCall(session: Session, now: number, isIdle: boolean): string {
  const { limits } = session;
  if (limits === undefined) return "";
  const untilIdle = limits.idle > 0 && isIdle ? session.lastUsed + limits.idle - now : Infinity;
  const untilLifetime = limits.lifetime > 0 ? session.started + limits.lifetime - now : Infinity;
  if (Math.min(untilIdle, untilLifetime) > LAST_CALL) return "";
  return untilIdle < untilLifetime
    ? t("The session ends in {time} unless it is used.", { time: timeInWords(untilIdle) })
    : t("The session ends in {time}: it may live {life}.", { time: timeInWords(untilLifetime), life: timeInWords(limits.lifetime) });
}
