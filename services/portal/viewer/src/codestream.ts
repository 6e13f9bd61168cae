/** What the head of a JPEG 2000 codestream says (ISO/IEC 15444-1 A.6.1). Pure. */

const [SIZ, COD, SOT] = [0xff51, 0xff52, 0xff90];
const TRANSFORM = 8; // bytes from a COD marker to its multiple component transform

/** Say whether the codestream has its own colour transform. */
export function transformed(stream: Uint8Array): boolean {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let at = 2; // past SOC
  if (stream.length < 4 || view.getUint16(at) !== SIZ) throw new Error("no codestream");
  while (at + TRANSFORM < stream.length) {
    const marker = view.getUint16(at);
    if (marker === COD) return view.getUint8(at + TRANSFORM) === 1;
    if (marker === SOT) break;
    at += 2 + view.getUint16(at + 2);
  }
  throw new Error("no coding style");
}

/**
 * Return the planes of a frame that the HTJ2K decoder (openjphjs 2.4.11) has woven wrongly. Without
 * a colour transform it is given all lines of one component after those of the other, and takes
 * them for one line of each in turn.
 */
export function unwoven(samples: ArrayLike<number>, rows: number, columns: number): Uint16Array {
  const out = new Uint16Array(rows * columns * 3);
  for (let line = 0; line < rows * 3; line += 1) {
    const from = Math.floor(line / 3) * columns * 3 + (line % 3);
    for (let column = 0; column < columns; column += 1) {
      out[line * columns + column] = samples[from + column * 3]!;
    }
  }
  return out;
}
