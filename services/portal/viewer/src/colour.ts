/** Samples of a decoded frame as red, green and blue, 8 bits each (PS3.3 C.7.6.3.1.2). Pure. */

import type { Element } from "./dicomjson";

export type Samples = ArrayLike<number>;

/** How the samples of a frame are to be read. */
export interface Meaning {
  photometric: string;
  rows: number;
  columns: number;
  bitsStored: number;
  byPlane: boolean; // all red, all green, all blue
}

export interface Palette {
  first: number; // the stored value that the tables begin with
  red: Uint8Array;
  green: Uint8Array;
  blue: Uint8Array;
}

/** Return (rows, columns, 3) of RGB. */
export function rgb(samples: Samples, meaning: Meaning): Uint8Array {
  const pixels = meaning.rows * meaning.columns;
  const halved = meaning.photometric.endsWith("_422") && samples.length === pixels * 2;
  const whole = halved ? doubled(samples, pixels) : samples;
  if (whole.length < pixels * 3) throw new Error("fewer samples than pixels");
  const [step, plane] = meaning.byPlane && !halved ? [1, pixels] : [3, 1];
  const shift = Math.max(0, meaning.bitsStored - 8);
  const out = new Uint8ClampedArray(pixels * 3); // rounds to the nearest
  const transform = TRANSFORMS[meaning.photometric] ?? asItIs;
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const at = pixel * step;
    const values = [whole[at]! >> shift, whole[at + plane]! >> shift, whole[at + 2 * plane]! >> shift] as const;
    transform(values, out, pixel * 3);
  }
  return new Uint8Array(out.buffer);
}

type Three = readonly [number, number, number];
type Transform = (values: Three, out: Uint8ClampedArray, at: number) => void;

const asItIs: Transform = (values, out, at) => out.set(values, at);

/** ITU-R BT.601, full range: YBR_FULL. */
const full: Transform = ([y, cb, cr], out, at) => {
  out[at] = y + 1.402 * (cr - 128);
  out[at + 1] = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128);
  out[at + 2] = y + 1.772 * (cb - 128);
};

/** Luminance from 16 to 235: YBR_PARTIAL. */
const partial: Transform = ([y, cb, cr], out, at) => {
  const luminance = 1.164384 * (y - 16);
  out[at] = luminance + 1.596027 * (cr - 128);
  out[at + 1] = luminance - 0.391762 * (cb - 128) - 0.812968 * (cr - 128);
  out[at + 2] = luminance + 2.017232 * (cb - 128);
};

const TRANSFORMS: Record<string, Transform> = {
  YBR_FULL: full,
  YBR_FULL_422: full,
  YBR_PARTIAL_422: partial,
};

/** Native 4:2:2: Y1 Y2 Cb Cr for two pixels (PS3.3 C.7.6.3.1.2). */
function doubled(samples: Samples, pixels: number): Samples {
  const out = new Uint8Array(pixels * 3);
  for (let pair = 0; pair < pixels / 2; pair += 1) {
    const [one, two, cb, cr] = [0, 1, 2, 3].map((place) => samples[pair * 4 + place]!);
    out.set([one!, cb!, cr!, two!, cb!, cr!], pair * 6);
  }
  return out;
}

/** Return the colours of stored values; values beyond the tables have those of their ends. */
export function painted(samples: Samples, palette: Palette): Uint8Array {
  const out = new Uint8Array(samples.length * 3);
  const last = palette.red.length - 1;
  for (let pixel = 0; pixel < samples.length; pixel += 1) {
    const entry = Math.min(last, Math.max(0, samples[pixel]! - palette.first));
    out[pixel * 3] = palette.red[entry]!;
    out[pixel * 3 + 1] = palette.green[entry]!;
    out[pixel * 3 + 2] = palette.blue[entry]!;
  }
  return out;
}

/**
 * Return one table as 8 bits an entry (PS3.3 C.7.6.3.1.6). Entries of 8 bits may come one in a
 * byte, or one in a word; some writers say 16 bits and fill only 8.
 */
export function table(content: Uint8Array, descriptor: number[]): Uint8Array {
  const entries = descriptor[0] || 65536;
  if (content.length < entries * 2) return content.slice(0, entries);
  const words = new DataView(content.buffer, content.byteOffset, entries * 2);
  const values = Array.from({ length: entries }, (_, place) => words.getUint16(place * 2, true));
  const deep = descriptor[2] === 16 && values.some((each) => each > 255);
  return Uint8Array.from(values, (each) => (deep ? each >> 8 : each & 255));
}

/** Return the bytes that stand in the header itself. */
export function inline(element: Element): Uint8Array | undefined {
  if (element.InlineBinary === undefined) return undefined;
  return Uint8Array.from(atob(element.InlineBinary), (character) => character.charCodeAt(0));
}

const SOI = 2; // bytes of a JPEG's first marker
const APP14 = [0xff, 0xee, 0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, 0]; // Adobe, no transform

/**
 * Return a JPEG whose samples are RGB by the header, saying so itself. Without a word of its own
 * a decoder takes three components for YCbCr (PS3.5 §8.2.1 leaves it to Photometric Interpretation).
 */
export function saysRgb(jpeg: Uint8Array): Uint8Array {
  const head = jpeg.subarray(0, 4096);
  for (let at = SOI; at + 3 < head.length && head[at] === 0xff; ) {
    const [marker, length] = [head[at + 1]!, (head[at + 2]! << 8) | head[at + 3]!];
    if (marker === 0xee || marker === 0xe0) return jpeg; // Adobe, JFIF: it speaks for itself
    if (marker === 0xc0 || marker === 0xda) break;
    at += 2 + length;
  }
  const out = new Uint8Array(jpeg.length + APP14.length);
  out.set(jpeg.subarray(0, SOI));
  out.set(APP14, SOI);
  out.set(jpeg.subarray(SOI), SOI + APP14.length);
  return out;
}
