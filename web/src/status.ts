/** What the session is doing, in words. Thinking only: nothing here draws. */
import type { Connection } from "./connection";
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
  if (isApart) return pending.length > 0 ? busy(notebook, undefined, connection.now) : { tone: "ready", text: "Ready; each cell by itself.", warning: "" };
  if (session === undefined || session.state === "new") {
    return { tone: "idle", text: "No session yet; evaluating starts one.", warning: "" };
  }
  if (session.state === "opening") {
    const { line } = session;
    const text = line === undefined ? "Starting a session…" : `Waiting for a free place: ${line.place} of ${line.waiting}`;
    return { tone: "busy", text, warning: "" };
  }
  if (session.state === "away") return { tone: "away", text: "The session cannot be reached; looking for it…", warning: "" };
  // One that is joined again, on a new connection, is not interrupted by that.
  if (session.limits === undefined) return { tone: "busy", text: "Joining the session…", warning: "" };
  return pending.length > 0 ? busy(notebook, session, connection.now) : ready(session, connection.now);
}

function away(connection: Connection): Status {
  if (connection.welcome === undefined && connection.state === "opening") return { tone: "busy", text: "Connecting…", warning: "" };
  const seconds = Math.max(0, Math.ceil((connection.retryAt - Date.now()) / 1000));
  const next = connection.state === "pausing" && seconds > 1 ? ` Next attempt in ${timeInWords(seconds)}.` : "";
  return { tone: "away", text: `Not connected; what runs goes on.${next}`, warning: "" };
}

function busy(notebook: Notebook, session: Session | undefined, now: number): Status {
  const { running, pending } = notebook;
  if (running === undefined) {
    const waitsFor = pending[0]?.waitsFor ?? "";
    return { tone: "busy", text: waitsFor === "" ? "About to run…" : waitsFor.replace(/^./, (first) => first.toUpperCase()), warning: "" };
  }
  const seconds = now - running.started;
  const number = notebook.cells.findIndex((cell) => cell.id === running.cell) + 1;
  const name = number > 0 && notebook.cells.length > 1 ? `cell ${number}` : "";
  const waiting = pending.length - 1;
  const queue = waiting > 0 ? `, ${waiting} waiting` : "";
  if (notebook.stoppedAt > 0 && Date.now() - notebook.stoppedAt > STOPS_WITHIN) {
    return { tone: "busy", text: `Stopping for ${timeInWords((Date.now() - notebook.stoppedAt) / 1000)}`, warning: `It does not stop by itself: ${running.run === undefined ? "Restart ends the session" : "Stop it once more to end it"}.` };
  }
  const asks = running.outputs.shapes.some((shape) => shape.kind === "prompt" && shape.isOpen);
  const verb = notebook.stoppedAt > 0 ? "Stopping" : asks ? "Waiting for your input in" : "Running";
  const what = asks && name === "" ? "the cell" : name;
  const near = session === undefined ? "" : nearLimits(session, seconds, running.outputs.bytes);
  return {
    tone: "busy",
    text: `${[verb, what].filter((word) => word !== "").join(" ")} · ${timeInWords(seconds)}${queue}`,
    warning: near === "" && session !== undefined ? lastCall(session, now, false) : near,
  };
}

/** Returns which limits of one evaluation are near. */
function nearLimits({ limits }: Session, seconds: number, bytes: number): string {
  const isNear = (used: number, limit: number) => limit > 0 && used > NEAR * limit;
  const { wall_time: time = 0, output_bytes: most = 0 } = limits ?? {};
  const warnings = [];
  if (isNear(seconds, time)) warnings.push(`It will be stopped at ${timeInWords(time)}.`);
  if (isNear(bytes, most)) warnings.push(`It has put out ${bytesInWords(bytes)} and will be stopped at ${bytesInWords(most)}.`);
  return warnings.join(" ");
}

function ready(session: Session, now: number): Status {
  return { tone: "ready", text: "Ready", warning: lastCall(session, now, true) };
}

function lastCall(session: Session, now: number, isIdle: boolean): string {
  const { limits } = session;
  if (limits === undefined) return "";
  const untilIdle = limits.idle > 0 && isIdle ? session.lastUsed + limits.idle - now : Infinity;
  const untilLifetime = limits.lifetime > 0 ? session.started + limits.lifetime - now : Infinity;
  if (Math.min(untilIdle, untilLifetime) > LAST_CALL) return "";
  return untilIdle < untilLifetime
    ? `The session ends in ${timeInWords(untilIdle)} unless it is used.`
    : `The session ends in ${timeInWords(untilLifetime)}: it may live ${timeInWords(limits.lifetime)}.`;
}

/** What each tier of isolation means for a reader. */
const TIERS = new Map([
  ["A", "Code runs in a sandbox, as a user of its own for every session (tier A)."],
  ["B", "Code runs in a sandbox of its own for every session (tier B)."],
  ["C", "Code runs without a sandbox; harmful system calls are refused, and files can be read (tier C)."],
  ["D", "Code runs as the user who started this server, without a sandbox (tier D)."],
]);

/** Returns what protects whom on this site, in words. */
export function protection(connection: Connection): string {
  const { welcome } = connection;
  if (welcome === undefined) return "";
  const runs = TIERS.get(welcome.tier) ?? "How code is kept apart here is not known yet.";
  const reach =
    welcome.access === "loopback" ? "Only this computer can reach it." : "Whoever has its token can run code here; other web pages cannot.";
  return `${runs} ${reach} sagews ${welcome.software}.`;
}
