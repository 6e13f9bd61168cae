/** What the server has of a study: its series, and the slices of one. */

import { number, text } from "./dicomjson";
import { list } from "./dicomweb";
import { type Slice, slices } from "./slices";

export interface Series {
  uid: string;
  modality: string;
  description: string;
  pictures: number; // instances
}
export interface Study {
  uid: string;
  date: string; // YYYYMMDD, or empty
  description: string;
  modalities: string;
  hospital: string;
}

/** Return the slices of a series of `study` at the DICOMweb root `root`. */
export async function slicesOf(root: string, study: string, series: string): Promise<Slice[]> {
  const url = `${root}/studies/${study}/series/${series}`;
  return slices(await list(`${url}/metadata`), url);
}

/** Return the series of a study, in the order of their numbers. */
export async function seriesOf(root: string, study: string): Promise<Series[]> {
  const found = await list(`${root}/studies/${study}/series`);
  found.sort((a, b) => (number(a, "00200011") ?? 0) - (number(b, "00200011") ?? 0));
  return found.map((each) => ({
    uid: text(each, "0020000E"),
    modality: text(each, "00080060"),
    description: text(each, "0008103E"),
    pictures: number(each, "00201209") ?? 0,
  }));
}

/** Return all studies at `root`, the newest first. */
export async function studiesAt(root: string): Promise<Study[]> {
  const found = await list(`${root}/studies?limit=500`);
  const studies = found.map((each) => ({
    uid: text(each, "0020000D"),
    date: text(each, "00080020"),
    description: text(each, "00081030"),
    modalities: (each["00080061"]?.Value ?? []).join(", "),
    hospital: text(each, "00080080"),
  }));
  return studies.sort((a, b) => b.date.localeCompare(a.date));
}
