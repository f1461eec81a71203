/** The two carriers of a connection: a native WebSocket, and SockJS where a network lets none through; and its ticket. */

import { at } from "./site";

/** What both have in common. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

export type Carrier = "websocket" | "sockjs";

/** The transports of SockJS, best first: without its own WebSocket, which has been tried. */
const TRANSPORTS = ["xhr-streaming", "eventsource", "htmlfile", "xhr-polling", "jsonp-polling"];

/** Characters of the name of a SockJS session, of 5 bits each. In a page of another site, that has no cookie, it is
 *  by this that a client is known. */
const NAME_LENGTH = 26;

/** Fetches what gives a connection its rights; undefined if it cannot be had. */
export async function fetchTicket(): Promise<string | undefined> {
  try {
    const answer = await fetch(at("ticket"), { method: "POST" });
    return ((await answer.json()) as { ticket: string }).ticket;
  } catch {
    return undefined;
  }
}

export async function openSocket(carrier: Carrier): Promise<Socket> {
  if (carrier === "websocket") {
    return new WebSocket(at("socket").replace("http", "ws"));
  }
  const { default: SockJS } = await import("sockjs-client");
  return new SockJS(at("sockjs"), null, { transports: TRANSPORTS, sessionId: NAME_LENGTH });
}
