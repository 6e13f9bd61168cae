"use strict";
// Draws whose picture it is under the picture, and saves both as one JPEG.

const QUALITY = 0.92;
const LEAST = 480; // pixels of width, so that a name has room under a small picture
const picture = document.getElementById("one");
const button = document.getElementById("named");

function drawn() {
  const scale = Math.max(1, LEAST / picture.naturalWidth);
  const width = Math.round(picture.naturalWidth * scale);
  const height = Math.round(picture.naturalHeight * scale);
  const line = Math.max(16, Math.round(width / 32));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height + 3 * line;
  const pen = canvas.getContext("2d");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, width, height);
  pen.fillStyle = "white";
  pen.font = `${line}px sans-serif`;
  for (const [row, text] of [button.dataset.name, button.dataset.source].entries()) {
    pen.fillText(text, line / 2, height + (row + 1.1) * line * 1.2, width - line);
  }
  return canvas;
}

button.hidden = false;
button.addEventListener("click", () => drawn().toBlob((blob) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = "scan.jpg";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}, "image/jpeg", QUALITY));
