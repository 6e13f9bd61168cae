/** A series' headers as what can be looked at, one after the other. Pure. */

import { type Dataset, items, number, numbers, text, texts } from "./dicomjson";

/** A window in the values that the modality means, after rescaling (PS3.3 C.11.2). */
export interface Window {
  centre: number;
  width: number;
}
export interface Preset extends Window {
  name: string; // as the file explains it; may be empty
}
/** How long a pixel is, in millimetres; `sure` is false where it is measured at the detector. */
export interface Spacing {
  row: number; // between rows
  column: number; // between columns
  sure: boolean;
}
export interface Slice {
  id: string; // unique on this page
  url: string; // of the frame
  instance: Dataset;
  sop: string;
  frame: number; // from 1
  rows: number;
  columns: number;
  spacing?: Spacing;
  aspect: number; // height of a pixel by its width
  colour: boolean; // its values are colours, and no window applies
  presets: Preset[];
  sigmoid: boolean; // its windows are curves (PS3.3 C.11.2.1.3.1)
  tabled: boolean; // a table says how it is seen (PS3.3 C.11.2.1.1): the server draws it
  slope: number;
  intercept: number;
  place?: number[]; // Image Position (Patient), mm
  normal?: number[]; // of the image's plane
}

/** Values of PS3.3 C.12.1.1.1 and the functional groups of multi-frame instances. */
const SOP = "00080018";
const SHARED = "52009229";
const PER_FRAME = "52009230";

/** Return the slices of a series, by Instance Number, frames in their order. */
export function slices(headers: Dataset[], seriesUrl: string): Slice[] {
  const pictures = headers.filter((each) => (number(each, "00280010") ?? 0) > 0);
  const order = (each: Dataset) => number(each, "00200013") ?? Number.MAX_SAFE_INTEGER;
  pictures.sort((a, b) => order(a) - order(b) || (text(a, SOP) < text(b, SOP) ? -1 : 1));
  return pictures.flatMap((instance) => {
    const count = Math.max(1, number(instance, "00280008") ?? 1);
    return Array.from({ length: count }, (_, place) => slice(instance, place + 1, seriesUrl));
  });
}

function slice(instance: Dataset, frame: number, seriesUrl: string): Slice {
  const sop = text(instance, SOP);
  const url = `${seriesUrl}/instances/${sop}/frames/${frame}`;
  const groups = [items(instance, PER_FRAME)[frame - 1], items(instance, SHARED)[0]];
  /** Where an attribute lies: in the macro's sequence of the frame, of all frames, or outside. */
  const within = (sequence: string, tag: string): Dataset => {
    const found = groups.map((group) => items(group, sequence)[0]).find((each) => each?.[tag]);
    return found ?? instance;
  };
  const spacing = spacingOf(instance, within("00289110", "00280030"));
  const orientation = numbers(within("00209116", "00200037"), "00200037");
  const position = numbers(within("00209113", "00200032"), "00200032");
  const rescale = within("00289145", "00281053");
  const seen = within("00289132", "00281050");
  const presets = presetsOf(seen);
  return {
    id: `slice:${url}`,
    url,
    instance,
    sop,
    frame,
    rows: number(instance, "00280010") ?? 1,
    columns: number(instance, "00280011") ?? 1,
    ...(spacing && { spacing }),
    aspect: aspectOf(instance, spacing),
    colour: !text(instance, "00280004").startsWith("MONOCHROME"),
    presets,
    sigmoid: text(seen, "00281056").trim() === "SIGMOID",
    tabled: presets.length === 0 && items(instance, "00283010").length > 0,
    slope: number(rescale, "00281053") ?? 1,
    intercept: number(rescale, "00281052") ?? 0,
    ...(position.length === 3 && orientation.length === 6 && {
      place: position,
      normal: cross(orientation.slice(0, 3), orientation.slice(3)),
    }),
  };
}

/** PS3.3 10.7.1.3, C.8.5.5 (ultrasound regions, in centimetres), C.8.11 (at the detector). */
function spacingOf(instance: Dataset, measures: Dataset): Spacing | undefined {
  const [row, column] = numbers(measures, "00280030");
  if (row && column) return { row, column, sure: true };
  const CENTIMETRES = 3;
  for (const region of items(instance, "00186011")) {
    const units = [number(region, "00186024"), number(region, "00186026")];
    const [x, y] = [number(region, "0018602C"), number(region, "0018602E")];
    if (units.every((each) => each === CENTIMETRES) && x && y) {
      return { row: Math.abs(y) * 10, column: Math.abs(x) * 10, sure: true };
    }
  }
  const [imagerRow, imagerColumn] = numbers(instance, "00181164");
  return imagerRow && imagerColumn
    ? { row: imagerRow, column: imagerColumn, sure: false }
    : undefined;
}

/** PS3.3 C.7.6.3.1.7: vertical by horizontal. */
function aspectOf(instance: Dataset, spacing: Spacing | undefined): number {
  const [vertical, horizontal] = numbers(instance, "00280034");
  const aspect = spacing ? spacing.row / spacing.column : (vertical ?? 1) / (horizontal ?? 1);
  return aspect > 0.05 && aspect < 20 ? aspect : 1;
}

function presetsOf(holder: Dataset): Preset[] {
  const [centres, widths] = [numbers(holder, "00281050"), numbers(holder, "00281051")];
  const names = texts(holder, "00281055");
  return centres
    .map((centre, place) => ({ centre, width: widths[place] ?? 0, name: names[place] ?? "" }))
    .filter((each) => each.width >= 1);
}

function cross(a: number[], b: number[]): number[] {
  const [ax = 0, ay = 0, az = 0, bx = 0, by = 0, bz = 0] = [...a, ...b];
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}

/** Return how far a slice lies along its own normal, mm. */
export function depth(of: Slice): number | undefined {
  return of.place && of.normal
    ? of.place.reduce((sum, each, axis) => sum + each * (of.normal?.[axis] ?? 0), 0)
    : undefined;
}

/** Say whether two slices lie in parallel planes: within ten degrees. */
export function parallel(a: Slice, b: Slice): boolean {
  if (!a.normal || !b.normal) return false;
  return a.normal.reduce((sum, each, axis) => sum + each * (b.normal?.[axis] ?? 0), 0) > 0.985;
}

/** Return milliseconds from frame to frame (PS3.3 C.7.6.5), or undefined where nothing says. */
export function pace(of: Slice): number | undefined {
  const time = number(of.instance, "00181063");
  const rate = number(of.instance, "00082144") ?? number(of.instance, "00180040");
  const found = time ?? (rate ? 1000 / rate : undefined);
  return found !== undefined && found >= 1 ? found : undefined;
}
