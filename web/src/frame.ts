/** Runs inside the sandboxed frame: shows one output with its scripts, and reports how high it is.
 *
 *  The frame has an opaque origin and a Content-Security-Policy of its own, so that what runs here reaches
 *  neither the page nor its storage nor any server.
 */

declare const WIDGETS_SCRIPT: string;
declare const WIDGETS_STYLE: string;

function show(message: Record<string, unknown>): void {
  const container = document.createElement("div");
  container.id = "output";
  document.body.append(container);
  if (typeof message["html"] === "string") {
    const template = document.createElement("template");
    template.innerHTML = message["html"];
    leaveOut(template.content);
    container.append(template.content);
    void runScripts(container);
  } else if (typeof message["script"] === "string") {
    // `element` is what Jupyter gives to the JavaScript of an output.
    run(container, `(function (element) {\n${message["script"]}\n})(document.getElementById("output"));`);
  }
  reportHeight();
}

/** Has the code for widgets loaded, and gives it this message and all that follow. */
function showWidget(first: Record<string, unknown>): void {
  const messages = [first];
  const place = globalThis as { sagewsWidgets?: (message: unknown) => void };
  const give = () => { for (const message of place.sagewsWidgets === undefined ? [] : messages.splice(0)) place.sagewsWidgets?.(message); };
  addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.source !== parent || typeof event.data !== "object" || event.data === null) return;
    messages.push(event.data as Record<string, unknown>);
    give();
  });
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = WIDGETS_STYLE;
  const script = document.createElement("script");
  script.src = WIDGETS_SCRIPT;
  script.onload = give;
  script.onerror = () => { document.body.append("The code for widgets could not be loaded. Reload the page to try again."); };
  // What is measured when it is drawn needs its style.
  style.onload = style.onerror = () => { document.head.append(script); };
  document.head.append(style);
  reportHeight();
}

/** Takes out what would come from other sites, which the frame's policy refuses; a missing script is named. */
function leaveOut(content: DocumentFragment): void {
  for (const link of content.querySelectorAll("link")) link.remove();
  for (const script of content.querySelectorAll("script[src]")) {
    const address = script.getAttribute("src") ?? "";
    if (/^(data|blob):/i.test(address)) continue;
    const note = document.createElement("p");
    note.className = "note";
    note.textContent = `Not loaded: ${address}. An output may load nothing from elsewhere.`;
    script.replaceWith(note);
  }
}

/** Scripts that come with `innerHTML` do not run; each is replaced by one that does, in order. */
async function runScripts(container: HTMLElement): Promise<void> {
  for (const dead of [...container.querySelectorAll("script")]) {
    const script = document.createElement("script");
    for (const { name, value } of dead.attributes) script.setAttribute(name, value);
    script.text = dead.text;
    // A script that was made by a script would not wait for its turn.
    script.async = dead.async;
    const loads = script.src !== "" && !script.async;
    const settled = new Promise((resolve) => {
      script.onload = resolve;
      script.onerror = resolve;
    });
    dead.replaceWith(script);
    if (loads) await settled;
  }
}

function run(container: HTMLElement, code: string): void {
  const script = document.createElement("script");
  script.text = code;
  container.after(script);
}

function reportHeight(): void {
  let reported = 0;
  const report = () => {
    const height = document.body.scrollHeight;
    if (height === reported) return;
    reported = height;
    parent.postMessage({ kind: "height", height }, "*");
  };
  new ResizeObserver(report).observe(document.body);
  // A frame out of sight draws nothing and observes no sizes; it is to have its height before it is scrolled to.
  let isDue = false;
  new MutationObserver(() => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      report();
    }, 50);
  }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  report();
}

/** Links leave the page in a tab of their own. */
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (link === null || link.getAttribute("href")?.startsWith("#") === true) return;
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer");
});

addEventListener("message", function receive(event: MessageEvent<unknown>) {
  if (event.source !== parent || typeof event.data !== "object" || event.data === null) return;
  const message = event.data as Record<string, unknown>;
  if (message["kind"] !== "show") return;
  removeEventListener("message", receive);
  if (typeof message["widget"] === "string") showWidget(message);
  else show(message);
});
addEventListener("DOMContentLoaded", () => { parent.postMessage({ kind: "ready" }, "*"); });
