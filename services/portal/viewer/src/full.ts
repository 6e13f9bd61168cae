/** Full quality: frames as they are stored, drawn by the rendering engine (WebGL 2). */

import { Enums, RenderingEngine, type Types, cache, imageLoader, init, metaData } from "@cornerstonejs/core";
import { init as initDecoders } from "@cornerstonejs/dicom-image-loader";
import { type Decoded, decoded } from "./decode";
import { number, text } from "./dicomjson";
import { Refused, frame } from "./dicomweb";
import type { Slice, Window } from "./slices";
import type { Box, Size } from "./view";

const MEMORY = 512 << 20; // bytes of decoded frames
const known = new Map<string, Slice>(); // by image id
const fresh = new Map<string, Decoded>(); // on their way into the engine's cache

let ready = false;

/** Make the engine ready, once for the page. */
export function prepare(): void {
  if (ready) return;
  ready = true;
  init();
  initDecoders({ maxWebWorkers: Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1)) });
  cache.setMaxCacheSize(MEMORY);
  metaData.addProvider(described, 1000);
  imageLoader.registerImageLoader("slice", (id: string) => ({
    promise: Promise.resolve(fresh.get(id)!),
  }));
}

let warm: Promise<unknown> = Promise.resolve(); // the first decoding, which fetches the decoder
let cold = true;

async function load(slice: Slice): Promise<Decoded> {
  const found = await frame(slice.url);
  if (!cold) {
    await warm;
    return decoded(slice, found);
  }
  cold = false;
  const first = decoded(slice, found);
  warm = first.catch(() => undefined);
  return first;
}

/** What the engine asks of an image. The plane is the picture's own: nothing is turned. */
function described(type: string, id: string): unknown {
  const slice = known.get(id);
  if (!slice) return undefined;
  switch (type) {
    case Enums.MetadataModules.IMAGE_PIXEL:
      return {
        samplesPerPixel: number(slice.instance, "00280002") ?? 1,
        photometricInterpretation: text(slice.instance, "00280004").trim(),
        bitsAllocated: number(slice.instance, "00280100") ?? 16,
        bitsStored: number(slice.instance, "00280101") ?? 16,
        highBit: (number(slice.instance, "00280101") ?? 16) - 1,
        pixelRepresentation: number(slice.instance, "00280103") ?? 0,
      };
    case Enums.MetadataModules.IMAGE_PLANE:
      return {
        rows: slice.rows,
        columns: slice.columns,
        columnPixelSpacing: 1,
        rowPixelSpacing: slice.aspect,
        rowCosines: [1, 0, 0],
        columnCosines: [0, 1, 0],
        imageOrientationPatient: [1, 0, 0, 0, 1, 0],
        imagePositionPatient: [0, 0, 0],
        usingDefaultValues: false,
      };
    case Enums.MetadataModules.GENERAL_SERIES:
      return { modality: "OT" }; // grey is grey: no modality is treated otherwise
    default:
      return undefined;
  }
}

/** Return how many slices like this one are kept. */
export function room(slice: Slice): number {
  const samples = slice.rows * slice.columns;
  const bytes = (number(slice.instance, "00280002") ?? 1) > 1 ? 3 : 4;
  return Math.max(1, Math.floor((0.8 * MEMORY) / (samples * bytes)));
}

const undecodable = new Set<string>();

/** Fetch and decode a slice, unless it is there already. */
export async function fetched(slice: Slice): Promise<void> {
  if (here(slice)) return;
  known.set(slice.id, slice);
  try {
    fresh.set(slice.id, await load(slice));
    await imageLoader.loadAndCacheImage(slice.id); // it asks for what is there: nothing can fail
  } catch (error) {
    if (!(error instanceof Refused)) undecodable.add(slice.id);
    throw error;
  } finally {
    fresh.delete(slice.id);
  }
}

/** Say whether a slice can be had, as far as is known: no decoder here may read it. */
export function can(slice: Slice): boolean {
  return !undecodable.has(slice.id);
}

/** Say whether a slice can be shown without waiting. */
export function here(slice: Slice): boolean {
  return cache.getImage(slice.id) !== undefined;
}

/** Return the window from the darkest to the brightest of a slice that is here. */
export function spread(slice: Slice): Window | undefined {
  return (cache.getImage(slice.id) as Decoded | undefined)?.whole;
}

let engine: RenderingEngine | undefined;
let canvases = 0;

/** One pane's canvas. */
export class Canvas {
  private readonly viewport: Types.IStackViewport;
  private shown?: Slice;

  constructor(element: HTMLDivElement) {
    engine ??= new RenderingEngine("engine");
    const viewportId = `pane-${(canvases += 1)}`;
    engine.enableElement({ viewportId, type: Enums.ViewportType.STACK, element });
    this.viewport = engine.getViewport(viewportId) as Types.IStackViewport;
  }

  /** Draw a slice that is here. */
  async show(slice: Slice): Promise<void> {
    if (this.shown?.id !== slice.id) await this.viewport.setStack([slice.id]);
    this.shown = slice;
  }

  /** Draw again: where the picture lies, and through which window (null: the picture's own). */
  paint(pane: Size, box: Box, window: Window | null): void {
    const slice = this.shown;
    if (!slice) return;
    const used = slice.colour ? spread(slice) : (window ?? slice.presets[0] ?? spread(slice));
    if (used) {
      const invert = text(slice.instance, "00280004").trim() === "MONOCHROME1";
      const { LINEAR, SAMPLED_SIGMOID } = Enums.VOILUTFunctionType;
      const VOILUTFunction = slice.sigmoid ? SAMPLED_SIGMOID : LINEAR;
      this.viewport.setProperties({ voiRange: range(used), VOILUTFunction, invert });
    }
    const scale = box.width / slice.columns; // CSS pixels of a pixel
    const x = (pane.width / 2 - box.left) / scale - 0.5;
    const y = (((pane.height / 2 - box.top) / box.height) * slice.rows - 0.5) * slice.aspect;
    this.viewport.setCamera({
      parallelProjection: true,
      parallelScale: pane.height / 2 / scale,
      focalPoint: [x, y, 0],
      position: [x, y, -1000],
      viewPlaneNormal: [0, 0, -1],
      viewUp: [0, -1, 0],
    });
    this.viewport.render();
  }

  /** Say that the pane has another size. */
  resized(): void {
    engine?.resize(true, true);
  }

  /** Give the canvas back. */
  close(): void {
    engine?.disableElement(this.viewport.id);
  }
}

/** PS3.3 C.11.2.1.2.1. */
function range({ centre, width }: Window): { lower: number; upper: number } {
  const lower = centre - 0.5 - (width - 1) / 2;
  return { lower, upper: lower + Math.max(1, width - 1) };
}
