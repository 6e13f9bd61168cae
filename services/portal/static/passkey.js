// Asks the device for a passkey, and sends its answer as a form. What needs this is hidden until the
// browser has said that it can.
"use strict";
const known = window.PublicKeyCredential;
const able = Boolean(known && known.parseCreationOptionsFromJSON
  && known.parseRequestOptionsFromJSON && known.prototype.toJSON);
function show(mark) {
  document.querySelectorAll(mark).forEach((each) => { each.hidden = false; });
}
async function ask(form) {
  const told = JSON.parse(form.dataset.options);
  const adds = form.dataset.passkey === "create";
  const answer = adds
    ? await navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(told) })
    : await navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(told) });
  form.elements.answer.value = JSON.stringify(answer);
  form.submit();
}
async function tryIt(form) {
  const failed = form.querySelector("[data-failed]");
  failed.hidden = true;
  try { await ask(form); } catch { failed.hidden = false; }
}
if (able) {
  show("[data-with-passkey]");
  known.isUserVerifyingPlatformAuthenticatorAvailable().then((has) => {
    if (has) show("[data-with-platform]");
  });
  const form = document.querySelector("[data-passkey]");
  if (form) {
    form.addEventListener("submit", (event) => { event.preventDefault(); tryIt(form); });
    if (!("wait" in form.dataset)) tryIt(form);
  }
}
