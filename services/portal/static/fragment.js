// A code in a link stands behind the "#", so that no server, log or proxy on the way sees it.
// This puts it into the form, and takes it out of the address bar and the history.
"use strict";
function move() {
  const secret = window.location.hash.slice(1);
  const field = document.querySelector("[data-fragment]");
  if (!secret || !field) return;
  field.value = secret;
  window.history.replaceState(null, "", window.location.pathname);
  document.querySelectorAll("[data-with-fragment]").forEach((each) => { each.hidden = false; });
  document.querySelectorAll("[data-without-fragment]").forEach((each) => { each.hidden = true; });
  const next = document.querySelector("[data-next]");
  if (next) next.focus();
}
window.addEventListener("hashchange", move);
move();
