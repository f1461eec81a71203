/** The one script of a published page: it makes a cell live, in a frame of this site, when its reader asks for it. */

const GONE = "The site cannot be reached now; try again in a moment.";

for (const link of document.querySelectorAll<HTMLAnchorElement>(".run > a.live")) {
  link.addEventListener("click", (event) => {
    // In a tab of its own, it opens as any link does.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void goLive(link);
  });
}

async function goLive(link: HTMLAnchorElement): Promise<void> {
  const place = link.parentElement;
  const cell = link.closest(".cell");
  if (place === null || cell === null) return;
  const answer = await fetch("/live", { method: "HEAD", redirect: "manual" }).catch(() => undefined);
  if (answer?.status === 401 || answer?.status === 403) {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    return;
  }
  if (answer?.ok !== true) {
    place.prepend(`${GONE} `);
    return;
  }
  const frame = document.createElement("iframe");
  frame.title = "Live cell";
  frame.src = `/live${new URL(link.href).search}`;
  frame.addEventListener("load", () => { fit(frame); });
  const back = document.createElement("button");
  back.type = "button";
  back.textContent = "Show as published";
  back.addEventListener("click", () => {
    frame.remove();
    cell.classList.remove("lively");
    place.replaceChildren(link);
    link.focus();
  });
  cell.classList.add("lively");
  place.before(frame);
  place.replaceChildren(back);
  back.focus();
}

/** Keeps a frame as high as what is in it. */
function fit(frame: HTMLIFrameElement): void {
  const body = frame.contentDocument?.body;
  if (body === undefined) return;
  const observer = new ResizeObserver(() => { frame.style.height = `${body.offsetHeight + 2}px`; });
  observer.observe(body);
}
