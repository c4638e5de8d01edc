// Everything works without this file: it begins what makes the pages quicker to use.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// A page that follows a case is told that there is something new, and asks for it: not while somebody is choosing or
// typing in the part that would be changed.
const followed = document.querySelector("[data-live]");
if (followed && "EventSource" in window) {
  let waits = false;
  const busy = () => document.querySelector("[data-live] :is(input, select, textarea):focus") !== null;
  const ask = () => {
    waits = busy();
    if (!waits) document.body.dispatchEvent(new Event("told"));
  };
  const told = new EventSource(followed.dataset.live);
  told.onmessage = ask;
  document.addEventListener("focusout", () => waits && setTimeout(ask, 100));
  window.addEventListener("pagehide", () => told.close());
}
