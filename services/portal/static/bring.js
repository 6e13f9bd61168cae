"use strict";
// Carries the files of a disc to the portal piece by piece, and goes on after every cut.

const MAGIC_AT = 128, DICOM = "DICM", ZIP = "PK\u0003\u0004";
const TOGETHER = 3; // files at the same time
const LONGEST_WAIT = 30; // seconds between two tries
const form = document.getElementById("bring");
const [folder, files, whose, told, start, progress] =
  ["folder", "files", "whose", "told", "start", "progress"].map((id) => document.getElementById(id));
let chosen = [];

function say(name, values = {}) {
  told.textContent = form.dataset[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

function large(bytes) {
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000, unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000;
  return `${value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ${units[unit]}`;
}

const path = (file) => file.webkitRelativePath || file.name;
const total = () => chosen.reduce((sum, file) => sum + file.size, 0);

async function ours(file) {
  const head = new Uint8Array(await file.slice(0, MAGIC_AT + DICOM.length).arrayBuffer());
  const text = String.fromCharCode(...head);
  return text.startsWith(ZIP) || text.slice(MAGIC_AT) === DICOM;
}

async function choose(input) {
  const all = [...input.files];
  start.disabled = true;
  chosen = [];
  for (const file of all) if (await ours(file)) chosen.push(file);
  chosen.sort((one, other) => (path(one) < path(other) ? -1 : 1));
  if (!chosen.length) return say("none");
  say("found", { files: chosen.length, size: large(total()), others: all.length - chosen.length });
  start.disabled = false;
}

// What tells this disc apart, so that it is gone on with. The names themselves stay here.
async function fingerprint() {
  const list = chosen.map((file) => [path(file), file.size, file.lastModified]);
  const bytes = crypto.subtle
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(list))))
    : crypto.getRandomValues(new Uint8Array(32));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Over extends Error {}

async function ask(address, options) {
  for (let wait = 1; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      const answer = await fetch(address, { redirect: "manual", ...options });
      if (answer.type === "opaqueredirect" || answer.status === 404) throw new Over();
      if (answer.ok || answer.status === 422 || answer.status === 429) return await answer.json();
    } catch (error) {
      if (error instanceof Over) throw error;
    }
    say("away");
    await new Promise((go) => setTimeout(go, 1000 * wait));
  }
}

async function carry(upload, size, number, received, moved) {
  const file = chosen[number];
  for (let at = received; at < file.size; ) {
    const body = file.slice(at, at + size);
    const answer = await ask(`/bring/${upload}/${number}?at=${at}`, { method: "PUT", body });
    moved(answer.received - at);
    at = answer.received;
  }
}

async function bring() {
  const body = JSON.stringify({
    whose: whose.value, fingerprint: await fingerprint(), sizes: chosen.map((file) => file.size),
  });
  const headers = { "content-type": "application/json" };
  const begun = await ask("/bring", { method: "POST", headers, body });
  if (begun.refused) return say(begun.refused.replace(/-(.)/g, (_, letter) => letter.toUpperCase()));
  let done = begun.received.reduce((sum, bytes) => sum + bytes, 0);
  progress.hidden = false;
  const moved = (bytes) => {
    done += bytes;
    progress.value = done / total();
    say("going", { done: large(done), size: large(total()) });
  };
  moved(0);
  let next = 0;
  const one = async () => {
    for (let number = next++; number < chosen.length; number = next++) {
      await carry(begun.upload, begun.piece, number, begun.received[number], moved);
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, one));
  location.assign("/bring");
}

for (const input of [folder, files]) input.addEventListener("change", () => choose(input));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  for (const input of [folder, files, whose, start]) input.disabled = true;
  try {
    await bring();
  } catch (error) {
    if (!(error instanceof Over)) throw error;
    say("over");
  }
  for (const input of [folder, files, whose, start]) input.disabled = false;
});
