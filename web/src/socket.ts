/** The two carriers of a connection: a native WebSocket, and SockJS where a network lets none through; and its ticket. */

/** What both have in common. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

export type Carrier = "websocket" | "sockjs";

/** The transports of SockJS, best first: without its own WebSocket, which has been tried. */
const TRANSPORTS = ["xhr-streaming", "eventsource", "htmlfile", "xhr-polling", "jsonp-polling"];

/** Fetches what gives a connection its rights; undefined if it cannot be had. */
export async function fetchTicket(): Promise<string | undefined> {
  try {
    const answer = await fetch("/ticket", { method: "POST" });
    return ((await answer.json()) as { ticket: string }).ticket;
  } catch {
    return undefined;
  }
}

export async function openSocket(carrier: Carrier): Promise<Socket> {
  if (carrier === "websocket") {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(`${scheme}//${location.host}/socket`);
  }
  const { default: SockJS } = await import("sockjs-client");
  return new SockJS("/sockjs", null, { transports: TRANSPORTS });
}
