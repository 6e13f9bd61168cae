/** Which windows are offered: the file's own, and for CT those that everybody uses. */

import type { Pane } from "./pane";
import type { Page } from "./page";
import { text } from "./dicomjson";
import type { Window } from "./slices";

/** In Hounsfield units. */
const CT: Record<string, Window> = {
  brain: { centre: 40, width: 80 },
  lung: { centre: -600, width: 1500 },
  bone: { centre: 480, width: 2500 },
  abdomen: { centre: 60, width: 400 },
};

/** Return what can be chosen, name → window; null is as the file says. */
export function offered(page: Page, pane: Pane): [string, Window | null][] {
  const slice = pane.slice;
  if (!slice || slice.colour) return [];
  const found: [string, Window | null][] = [[page.say("asRecorded"), null]];
  slice.presets.forEach((preset, place) => {
    const name = preset.name || page.say("window", { n: place + 1 });
    if (slice.presets.length > 1) found.push([name, preset]);
  });
  if (text(slice.instance, "00080060") === "CT") {
    for (const [key, window] of Object.entries(CT)) found.push([page.say(key), window]);
  }
  return found;
}

/** Fill the list of windows; what the hand has set is shown as such. */
export function fill(page: Page, pane: Pane, select: HTMLSelectElement): void {
  const list = offered(page, pane);
  const chosen = list.findIndex(([, each]) => same(each, pane.window));
  const options = list.map(([name], place) => new Option(name, String(place), false, place === chosen));
  if (chosen < 0 && list.length > 0) options.push(new Option(page.say("byHand"), "-1", false, true));
  const before = [...select.options].map((each) => each.text + each.selected).join();
  if (before !== options.map((each) => each.text + each.selected).join()) select.replaceChildren(...options);
  select.disabled = list.length === 0;
  select.closest("label")!.hidden = list.length === 0;
}

function same(one: Window | null, other: Window | null): boolean {
  return one === other || (one?.centre === other?.centre && one?.width === other?.width);
}
