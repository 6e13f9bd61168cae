// A page of a viewing goes blank when the viewing ends: when what it shows is taken back, its time
// is over, or whoever opened it signs out. Each request is refused then anyway; this takes away
// what is on the screen.
"use strict";
{
  const EVERY = 2000; // milliseconds between two questions
  const told = document.currentScript.dataset;
  let waiting = 0;

  function blank() {
    window.clearInterval(waiting);
    window.stop();
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    said.id = "over";
    said.textContent = told.over;
    document.title = "Scanpass";
    document.body.replaceChildren(said);
  }

  async function ask() {
    try {
      const answer = await fetch(told.here, { cache: "no-store" });
      if (answer.status === 404) blank();
    } catch {
      // No network: what is shown stays, and is asked for again.
    }
  }

  waiting = window.setInterval(ask, EVERY);
  // Back from the browser's own store, or from another tab: ask at once.
  window.addEventListener("pageshow", ask);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
}
