/** Runs inside the sandboxed frame: shows one output with its scripts, and reports how high it is.
 *
 *  The frame has an opaque origin and a Content-Security-Policy of its own, so that what runs here reaches
 *  neither the page nor its storage nor any server.
 */

function show(message: Record<string, unknown>): void {
  const container = document.createElement("div");
  container.id = "output";
  document.body.append(container);
  if (typeof message["html"] === "string") {
    container.innerHTML = message["html"];
    void runScripts(container);
  } else if (typeof message["script"] === "string") {
    // `element` is what Jupyter gives to the JavaScript of an output.
    run(container, `(function (element) {\n${message["script"]}\n})(document.getElementById("output"));`);
  }
  reportHeight();
}

/** Scripts that come with `innerHTML` do not run; each is replaced by one that does, in order. */
async function runScripts(container: HTMLElement): Promise<void> {
  for (const dead of [...container.querySelectorAll("script")]) {
    const script = document.createElement("script");
    for (const { name, value } of dead.attributes) script.setAttribute(name, value);
    script.text = dead.text;
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
  show(message);
});
addEventListener("DOMContentLoaded", () => { parent.postMessage({ kind: "ready" }, "*"); });
