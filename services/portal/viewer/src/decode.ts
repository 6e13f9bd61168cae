/** A frame's bytes as an image for the rendering engine: decoded in workers, colours made here. */

import { type Types, getWebWorkerManager, utilities } from "@cornerstonejs/core";
import { transformed, unwoven } from "./codestream";
import { type Palette, inline, painted, rgb, saysRgb, table } from "./colour";
import { type Dataset, number, numbers, text } from "./dicomjson";
import { type Frame, bulk } from "./dicomweb";
import type { Slice, Window } from "./slices";

type Values = Uint8Array | Uint16Array | Int16Array | Float32Array;
export interface Decoded extends Types.IImage {
  whole: Window; // what is shown where the file names no window
}

const JPEG = new Set(["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"]);
const HTJ2K = new Set(["201", "202", "203"].map((each) => `1.2.840.10008.1.2.4.${each}`));
const NATIVE = new Set(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"]);
const TRANSFORMED = new Set(["YBR_RCT", "YBR_ICT"]); // undone by the decoder itself
const [DARKEST, BRIGHTEST] = [0.01, 0.99]; // of all values, as the server's pictures have it
const SAMPLED = 20_000;

/** Return `frame` of `slice` decoded. Throws what the decoder throws. */
export async function decoded(slice: Slice, frame: Frame): Promise<Decoded> {
  const header = slice.instance;
  if (!NATIVE.has(frame.syntax) && number(header, "00280100") === 8 && number(header, "00280103") === 1) {
    throw new Error("the decoders make negative values of 8 bits zero");
  }
  const photometric = text(header, "00280004").trim();
  const colour = (number(header, "00280002") ?? 1) > 1;
  const ofJpeg = colour && JPEG.has(frame.syntax);
  const content = ofJpeg && photometric === "RGB" ? saysRgb(frame.content) : frame.content;
  const samples = await samplesOf(slice, frame.syntax, content, colour || photometric === "PALETTE COLOR");
  const { rows, columns } = slice;
  if (photometric === "PALETTE COLOR") {
    return image(slice, painted(samples, await palette(slice)), true);
  }
  if (!colour) return image(slice, samples, false);
  const woven = HTJ2K.has(frame.syntax) && !transformed(content);
  const meaning = {
    photometric: ofJpeg || TRANSFORMED.has(photometric) ? "RGB" : photometric,
    bitsStored: number(header, "00280101") ?? 8,
    byPlane: woven || (NATIVE.has(frame.syntax) && number(header, "00280006") === 1),
    rows,
    columns,
  };
  const right = woven ? unwoven(samples, rows, columns) : samples;
  return image(slice, rgb(right, meaning), true);
}

/** Return the stored values; those of grey images rescaled (PS3.3 C.11.1). */
async function samplesOf(slice: Slice, syntax: string, content: Uint8Array, raw: boolean): Promise<Values> {
  const header = slice.instance;
  const imageFrame = {
    rows: slice.rows,
    columns: slice.columns,
    samplesPerPixel: number(header, "00280002") ?? 1,
    bitsAllocated: number(header, "00280100") ?? 16,
    bitsStored: number(header, "00280101") ?? 16,
    pixelRepresentation: number(header, "00280103") ?? 0,
    planarConfiguration: NATIVE.has(syntax) ? number(header, "00280006") : 0,
    photometricInterpretation: text(header, "00280004").trim(),
  };
  const scaling = { rescaleSlope: slice.slope, rescaleIntercept: slice.intercept };
  const options = raw
    ? { preScale: { enabled: false } }
    : {
        preScale: { enabled: true, scalingParameters: scaling },
        targetBuffer: { type: typeFor(slice), length: null },
      };
  const done = await getWebWorkerManager().executeTask("dicomImageLoader", "decodeTask", {
    imageFrame,
    transferSyntax: syntax,
    pixelData: content,
    options,
    decodeConfig: {},
  });
  if (done.rows !== slice.rows || done.columns !== slice.columns) throw new Error("other size");
  return done.pixelData as Values;
}

/** One type for a whole series, so that its textures are used again from slice to slice. */
function typeFor(slice: Slice): string {
  const bits = number(slice.instance, "00280101") ?? 16;
  const signed = number(slice.instance, "00280103") === 1;
  const least = signed ? -(2 ** (bits - 1)) : 0;
  const most = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  const ends = [least, most].map((each) => each * slice.slope + slice.intercept);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const whole = Number.isInteger(slice.slope) && Number.isInteger(slice.intercept);
  if (!whole) return "Float32Array";
  if (low >= 0 && high <= 255) return "Uint8Array";
  if (low >= 0 && high <= 65535) return "Uint16Array";
  return low >= -32768 && high <= 32767 ? "Int16Array" : "Float32Array";
}

const TABLES = { red: "00281201", green: "00281202", blue: "00281203" };

async function palette(slice: Slice): Promise<Palette> {
  const header = slice.instance;
  const descriptor = numbers(header, "00281101");
  const [red, green, blue] = await Promise.all(
    Object.values(TABLES).map(async (tag) => table(await entries(slice, header, tag), descriptor)),
  );
  return { first: descriptor[1] ?? 0, red: red!, green: green!, blue: blue! };
}

async function entries(slice: Slice, header: Dataset, tag: string): Promise<Uint8Array> {
  const element = header[tag];
  const found = element && inline(element);
  if (found) return found;
  if (!element?.BulkDataURI) throw new Error("a palette without its tables");
  const series = new URL("../../../", slice.url); // the header was asked for there
  return bulk(new URL(element.BulkDataURI, series).href);
}

function image(slice: Slice, values: Values, colour: boolean): Decoded {
  const { rows, columns } = slice;
  const numberOfComponents = colour ? 3 : 1;
  const voxelManager = utilities.VoxelManager.createImageVoxelManager({
    scalarData: values,
    width: columns,
    height: rows,
    numberOfComponents,
  });
  const [least, most, whole] = colour ? COLOURS : spread(values);
  const made = {
    imageId: slice.id,
    dataType: values.constructor.name,
    color: colour,
    rgba: false,
    numberOfComponents,
    columns,
    rows,
    width: columns,
    height: rows,
    columnPixelSpacing: 1,
    rowPixelSpacing: slice.aspect,
    invert: false,
    slope: 1,
    intercept: 0,
    windowCenter: whole.centre,
    windowWidth: whole.width,
    voiLUTFunction: "LINEAR",
    minPixelValue: least,
    maxPixelValue: most,
    sizeInBytes: values.byteLength,
    voxelManager,
    getPixelData: () => values,
    whole,
  };
  return made as unknown as Decoded; // the engine asks for no more than this
}

const COLOURS: [number, number, Window] = [0, 255, { centre: 128, width: 256 }]; // as they are

/** Return the least and the most value, and the window from the darkest to the brightest. */
function spread(values: Values): [number, number, Window] {
  const step = Math.max(1, Math.floor(values.length / SAMPLED));
  const some = Float32Array.from({ length: Math.floor(values.length / step) }, (_, place) => values[place * step]!);
  some.sort();
  const at = (part: number) => some[Math.round((some.length - 1) * part)] ?? 0;
  const [low, high] = [at(DARKEST), at(BRIGHTEST)];
  let [least, most] = [Infinity, -Infinity];
  for (const each of values) {
    if (each < least) least = each;
    if (each > most) most = each;
  }
  return [least, most, { centre: (low + high) / 2, width: Math.max(1, high - low) }];
}
