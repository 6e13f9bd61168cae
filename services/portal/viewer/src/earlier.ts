/** An earlier scan beside this one: chosen from a list, closed again, scrolled along. */

import type { Page } from "./page";
import { type Series, type Study, seriesOf, slicesOf, studiesAt } from "./study";
import type { Slice } from "./slices";

export interface Opened {
  slices: Slice[];
  caption: string;
}

/** Let a person choose one of their other scans; gives what was chosen to `open`. */
export async function choose(page: Page, like: string, open: (found: Opened) => void): Promise<void> {
  const dialog = page.find<HTMLDialogElement>("#earlier");
  const place = page.find("#earlier-list");
  place.textContent = page.say("loading");
  dialog.showModal();
  const studies = (await studiesAt(page.mine)).filter((each) => each.uid !== page.study);
  if (studies.length === 0) place.textContent = page.say("noEarlier");
  else place.replaceChildren(...studies.map((each) => button(worded(page, each), () => void pick(each))));

  async function pick(study: Study): Promise<void> {
    const found = (await seriesOf(page.mine, study.uid)).filter((each) => each.pictures > 0);
    const chosen = alike(found, like);
    const slices = chosen ? await slicesOf(page.mine, study.uid, chosen.uid) : [];
    if (slices.length === 0) {
      place.textContent = page.say("noPictures");
      return;
    }
    dialog.close();
    open({ slices, caption: worded(page, study) });
  }
}

/** Return the series most like one that is described so: the same words, else the longest. */
function alike(series: Series[], like: string): Series | undefined {
  const same = series.find((each) => each.description !== "" && each.description === like);
  return same ?? [...series].sort((a, b) => b.pictures - a.pictures)[0];
}

function worded(page: Page, study: Study): string {
  const kind = study.description || study.modalities;
  return [date(study.date, page.language) || page.say("undated"), kind, study.hospital]
    .filter(Boolean)
    .join(" · ");
}

/** Return YYYYMMDD as the language writes it, with the month's name. */
export function date(dicom: string, language: string): string {
  const found = /^(\d{4})(\d{2})(\d{2})$/.exec(dicom);
  if (!found) return "";
  const [year, month, day] = found.slice(1).map(Number);
  const noon = new Date(Date.UTC(year!, month! - 1, day!, 12));
  return noon.toLocaleDateString(language, { dateStyle: "long", timeZone: "UTC" });
}

function button(words: string, pressed: () => void): HTMLElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.addEventListener("click", pressed);
  return made;
}
