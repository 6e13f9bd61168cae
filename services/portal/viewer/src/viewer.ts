/**
 * The patient's viewer. It takes over a page that the server has drawn and that works without it.
 *
 * `<main id="viewer">` says by its attributes:
 *   data-dicomweb  DICOMweb root of this study's hospital, relative to the page
 *   data-mine      DICOMweb root of all hospitals of this person
 *   data-study     Study Instance UID
 *   data-series, data-sop, data-frame  which picture the page shows already
 *   data-rendered  "1": pictures by the server only
 *   data-words     JSON: sentences in the page's language, with {places}
 * Each series is a link `a[data-series]`, with `data-bytes` where its size is known.
 */

import "../style.css";
import { text } from "./dicomjson";
import { Refused } from "./dicomweb";
import { type Opened, choose } from "./earlier";
import { Film } from "./film";
import { type Hold, type Tool, take, takeKeys } from "./hands";
import { Page } from "./page";
import { Pair } from "./pair";
import { Pane, type Surroundings } from "./pane";
import { Pictures } from "./pictures";
import { Queue } from "./queue";
import { slicesOf } from "./study";
import { fill, offered } from "./windows";

const page = new Page();
const queue = new Queue();
const around: Surroundings = {
  queue,
  pictures: new Pictures(queue, page.sparing),
  savesData: page.savesData,
  changed: () => show(),
  failed: (error) => fail(error),
};
const first = new Pane(page.find(".pane"), around);
let pair: Pair | undefined;
let series = page.series;
let asked = false; // for full quality

const film = new Film((runs) => {
  pressed("play", runs);
  page.find("[data-do=play] .word").textContent = page.say(runs ? "pause" : "play");
});
const hold: Hold = {
  tool: "scroll",
  pane: first,
  scroll: (pane, by) => go(pane, pane.index + by),
  measured: (words) => page.tell(words),
  held: (pane) => {
    hold.pane = pane;
    film.stop();
  },
};

function go(pane: Pane, index: number): void {
  pane.go(index);
  pair?.follow(pane);
}

/** Bring numbers, lists and buttons to what is shown. */
function show(): void {
  const { index, slices } = first;
  const count = Math.max(1, slices.length);
  page.find("#place").textContent = page.say("place", { n: index + 1, m: count });
  const slider = page.find<HTMLInputElement>("#slider");
  [slider.max, slider.value] = [String(count), String(index + 1)];
  slider.setAttribute("aria-valuetext", page.say("place", { n: index + 1, m: count }));
  for (const each of [first, pair?.right]) {
    const words = { n: (each?.index ?? 0) + 1, m: each?.slices.length ?? 0 };
    each?.element.setAttribute("aria-label", page.say("pictureOf", words));
    const caption = each?.element.querySelector(".caption .place");
    if (caption) caption.textContent = page.say("place", words);
  }
  fill(page, hold.pane, page.find<HTMLSelectElement>("#windows"));
  const films = slices.length > 1;
  page.find<HTMLButtonElement>("[data-do=play]").disabled = !films;
  page.find<HTMLButtonElement>("button[data-tool=light]").disabled = hold.pane.slice?.colour ?? false;
}

function fail(error: unknown): void {
  const gone = error instanceof Refused && (error.status === 404 || error.status === 401);
  page.tell(page.say(gone ? "ended" : "trouble"));
}

async function open(uid: string, start: { sop: string; frame: number } | null): Promise<void> {
  film.stop();
  series = uid;
  page.tell(start ? "" : page.say("loading"));
  try {
    const slices = await slicesOf(page.root, page.study, uid);
    if (series !== uid) return; // another was chosen meanwhile
    page.tell(slices.length ? "" : page.say("noPictures"));
    const index = slices.findIndex((each) => each.sop === start?.sop && each.frame === start.frame);
    const drawn = start !== null && index >= 0;
    first.open(slices, drawn ? index : 0, drawn);
    pair?.align();
    for (const link of document.querySelectorAll<HTMLElement>("a[data-series]")) {
      if (link.dataset.series === uid) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    offerFull();
  } catch (error) {
    fail(error);
  }
}

/** Full quality: by itself where there is room for it, on request where data may be dear. */
function offerFull(): void {
  const button = page.find<HTMLButtonElement>("[data-do=full]");
  const wanted = !page.renderedOnly && (asked || !page.sparing);
  button.hidden = page.renderedOnly || wanted;
  const bytes = Number(document.querySelector<HTMLElement>(`a[data-series="${series}"]`)?.dataset.bytes);
  const size = bytes > 0 ? page.number(Math.max(1, bytes / 1e6)) : "";
  button.querySelector(".word")!.textContent = page.say(size ? "fullSized" : "full", { mb: size });
  if (wanted) void improve();
}

async function improve(): Promise<void> {
  try {
    const full = await import("./full");
    full.prepare();
    await Promise.all([first, pair?.right].map((pane) => pane?.improve(full)));
  } catch {
    page.tell(""); // pictures go on as they are
  }
}

function grip(tool: Tool): void {
  hold.tool = tool;
  page.main.dataset.tool = tool;
  for (const each of document.querySelectorAll<HTMLElement>("button[data-tool]")) {
    each.setAttribute("aria-pressed", String(each.dataset.tool === tool));
  }
  page.find("#hint").textContent = page.say(`hint-${tool}`);
}

function pressed(name: string, is: boolean): void {
  page.find(`[data-do=${name}]`).setAttribute("aria-pressed", String(is));
}

function compare({ slices, caption }: Opened): void {
  separate();
  const element = document.createElement("figure");
  element.className = "pane";
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  page.find(".panes").append(element);
  const right = prepared(new Pane(element, around));
  captioned(element, caption);
  captioned(first.element, page.main.dataset.caption ?? "");
  pair = new Pair(first, right);
  right.open(slices, 0);
  pair.align();
  page.main.classList.add("compares");
  page.find("[data-do=link]").hidden = false;
  pressed("link", true);
  pressed("compare", true);
  offerFull();
  show();
}

function separate(): void {
  pair?.right.close();
  pair = undefined;
  hold.pane = first;
  for (const each of document.querySelectorAll(".caption")) each.remove();
  page.main.classList.remove("compares");
  page.find("[data-do=link]").hidden = true;
  pressed("compare", false);
  show();
}

function captioned(element: HTMLElement, words: string): void {
  const [caption, place] = [document.createElement("figcaption"), document.createElement("span")];
  caption.className = "caption";
  place.className = "place";
  caption.append(`${words} `, place);
  element.append(caption);
}

/** Make a pane ready for hands and words. */
function prepared(pane: Pane): Pane {
  take(pane, hold);
  pane.element.addEventListener("focus", () => {
    hold.pane = pane;
    show();
  });
  pane.lines.worded = (length, unit, sure) => {
    const said = page.say(unit, { length: page.number(length, unit === "mm" ? 1 : 0) });
    return sure ? said : page.say("about", { length: said });
  };
  return pane;
}

const ZOOM = 1.4;
const DOES: Record<string, () => void> = {
  previous: () => go(hold.pane, hold.pane.index - 1),
  next: () => go(hold.pane, hold.pane.index + 1),
  larger: () => hold.pane.zoom(ZOOM),
  smaller: () => hold.pane.zoom(1 / ZOOM),
  reset: () => {
    hold.pane.reset();
    page.tell("");
  },
  play: () => film.toggle(hold.pane),
  full: () => {
    asked = true;
    offerFull();
  },
  compare: () => {
    if (pair) return separate();
    const like = text(first.slice?.instance, "0008103E");
    choose(page, like, compare).catch(fail);
  },
  link: () => {
    if (!pair) return;
    pair.linked = !pair.linked;
    pair.fasten();
    pressed("link", pair.linked);
  },
};

/** Take over from the page that works without us. */
function begin(): void {
  prepared(first);
  takeKeys(hold);
  page.main.classList.add("alive");
  for (const each of document.querySelectorAll<HTMLElement>("[data-do]")) {
    each.addEventListener("click", (event) => {
      event.preventDefault(); // the steps are links
      if (each.dataset.do !== "play") film.stop();
      DOES[each.dataset.do ?? ""]?.();
    });
  }
  for (const each of document.querySelectorAll<HTMLElement>("button[data-tool]")) {
    each.addEventListener("click", () => grip(each.dataset.tool as Tool));
  }
  for (const each of document.querySelectorAll<HTMLElement>("a[data-series]")) {
    each.addEventListener("click", (event) => {
      event.preventDefault();
      void open(each.dataset.series ?? "", null);
    });
  }
  page.find<HTMLInputElement>("#slider").addEventListener("input", (event) => {
    film.stop();
    go(first, Number((event.target as HTMLInputElement).value) - 1);
  });
  page.find<HTMLSelectElement>("#windows").addEventListener("change", (event) => {
    const chosen = offered(page, hold.pane)[Number((event.target as HTMLSelectElement).value)];
    if (chosen) hold.pane.through(chosen[1]);
  });
  page.find("#earlier-close").addEventListener("click", () => page.find<HTMLDialogElement>("#earlier").close());
  const doctors = document.querySelector<HTMLElement>("#ohif");
  if (doctors) doctors.hidden = page.renderedOnly;
  grip("scroll");
  void open(series, { sop: page.sop, frame: page.frame });
}

begin();
