// Show what has come in meanwhile. Without JavaScript the page is reloaded by hand.
const seen = document.body.dataset.seen;
setInterval(async () => {
  try {
    const answer = await fetch("/seen");
    if (answer.ok && (await answer.text()) !== seen) location.reload();
  } catch {
    // The post office is closed: what is on the page stays.
  }
}, 1500);
