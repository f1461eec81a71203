/** SockJS's client as a script by itself, for the page by which pages of other origins reach us in browsers
 *  without CORS: `sagews/backend/iframe.py`. */
import SockJS from "sockjs-client";

Object.assign(globalThis, { SockJS });
