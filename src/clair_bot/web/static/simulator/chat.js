// What htmx leaves open: sending with Enter, staying at the newest message, and saying when the connection is gone.
"use strict";

const log = document.getElementById("log");
const offline = document.getElementById("offline");
const touched = window.matchMedia("(pointer: coarse)").matches; // there Enter begins a line, as phones do
const NEAR = 120; // pixels from the end within which the reader is taken to follow the talk

function toEnd() {
  log.scrollTop = log.scrollHeight;
}

function following() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
}

document.addEventListener("keydown", (event) => {
  // isComposing: Enter that only confirms a conversion of the Japanese input method
  if (!touched && event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("textarea")) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  offline.hidden = !(event.detail.failed && event.detail.xhr.status === 0);
  if (form.matches("form") && event.detail.successful) {
    form.reset();
    if (form.matches(".reply")) form.scrollIntoView({ block: "nearest" });
    else toEnd();
  }
});

let follows = true;
document.addEventListener("htmx:beforeSwap", () => {
  follows = following();
});
document.addEventListener("htmx:afterSwap", () => {
  if (follows) toEnd();
});

document.addEventListener("htmx:oobAfterSwap", () => {
  // what the bot says below a card must not push the box away in which somebody writes
  document.activeElement.closest(".reply")?.scrollIntoView({ block: "nearest" });
});

// sources open beside the talk
log.addEventListener("click", (event) => {
  const link = event.target.closest(".bubble a");
  if (link) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
});

toEnd();
document.querySelector(".side [aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
