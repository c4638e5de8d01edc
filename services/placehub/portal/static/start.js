// Everything works without this file: it begins what makes the pages quicker to use.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

const followed = document.querySelector("[data-live]");
if (followed && "EventSource" in window) {
  const told = new EventSource(followed.dataset.live);
  told.onmessage = () => document.body.dispatchEvent(new Event("told"));
  window.addEventListener("pagehide", () => told.close());
}
