/** The two carriers of a connection: a native WebSocket, and SockJS where a network lets none through. */

/** What both have in common. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

export type Carrier = "websocket" | "sockjs";

/** The transports of SockJS, best first: without its own WebSocket, which has been tried. */
const TRANSPORTS = ["xhr-streaming", "eventsource", "htmlfile", "xhr-polling", "jsonp-polling"];

export async function openSocket(carrier: Carrier): Promise<Socket> {
  if (carrier === "websocket") {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(`${scheme}//${location.host}/socket`);
  }
  const { default: SockJS } = await import("sockjs-client");
  return new SockJS("/sockjs", null, { transports: TRANSPORTS });
}
