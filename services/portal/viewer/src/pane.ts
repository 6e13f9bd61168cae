/** One pane: which slice, where it lies, through which window; a picture, or full quality. */

import { number } from "./dicomjson";
import { Refused } from "./dicomweb";
import type * as Full from "./full";
import { Lines } from "./lines";
import type { Pictures } from "./pictures";
import { type Job, type Queue, around } from "./queue";
import type { Slice, Window } from "./slices";
import { type Box, type Size, type View, WHOLE, moved, placed, zoomed } from "./view";

const PATIENCE = 150; // ms before a picture stands in for full quality that is on its way
const REDRAW = 200; // ms between pictures while a window is being set
const REST = 400; // ms on one slice until its rough picture is asked for finely
const SAVING = 3; // slices on either side, where data is dear

export interface Surroundings {
  queue: Queue;
  pictures: Pictures;
  savesData: boolean;
  changed: (pane: Pane) => void; // another slice, window or tool state
  failed: (error: unknown) => void;
}

export class Pane {
  slices: Slice[] = [];
  index = 0;
  window: Window | null = null; // null: as the file says
  view: View = WHOLE;
  readonly lines: Lines;
  private readonly img: HTMLImageElement;
  private readonly holder: HTMLDivElement;
  private full?: typeof Full;
  private canvas?: Full.Canvas;
  private redrawn = 0;
  private refined = 0;

  constructor(
    readonly element: HTMLElement,
    private readonly around: Surroundings,
  ) {
    this.img = element.querySelector("img") ?? element.appendChild(document.createElement("img"));
    this.img.classList.add("picture");
    this.img.draggable = false;
    this.holder = element.appendChild(document.createElement("div"));
    this.holder.className = "full";
    this.lines = new Lines(element);
    new ResizeObserver(() => this.resized()).observe(element);
  }

  get slice(): Slice | undefined {
    return this.slices[this.index];
  }

  /** Return what is seen where the file names no window: what is there, else what could be. */
  get usual(): Window {
    const slice = this.slice;
    const found = slice && this.full?.spread(slice);
    if (found) return found;
    const bits = number(slice?.instance, "00280101") ?? 8;
    const { slope, intercept } = slice ?? { slope: 1, intercept: 0 };
    const lowest = number(slice?.instance, "00280103") === 1 ? -(2 ** (bits - 1)) : 0;
    return { centre: (lowest + 2 ** (bits - 1)) * slope + intercept, width: 2 ** bits * slope };
  }

  get size(): Size {
    return { width: this.element.clientWidth || 1, height: this.element.clientHeight || 1 };
  }

  get box(): Box {
    const { columns, rows, aspect } = this.slice ?? { columns: 1, rows: 1, aspect: 1 };
    return placed(this.size, { width: columns, height: rows * aspect }, this.view);
  }

  /** Show these slices; `drawn` says that the page already has the picture of the one at `index`. */
  open(slices: Slice[], index: number, drawn = false): void {
    this.slices = slices;
    this.window = null;
    this.view = WHOLE;
    this.lines.clear();
    this.element.classList.add("taken");
    this.img.alt = ""; // the pane's own name tells which picture it is
    if (!drawn) this.img.removeAttribute("src");
    this.index = Math.max(0, Math.min(slices.length - 1, index));
    this.look(drawn);
  }

  /** Show the slice at `index`, as near as there is one. */
  go(index: number): void {
    const wanted = Math.max(0, Math.min(this.slices.length - 1, Math.round(index)));
    if (wanted === this.index || this.slices.length === 0) return;
    this.index = wanted;
    this.look();
  }

  /** Go to the slice at `index` if it is here at once; for moving pictures. */
  goIfHere(index: number): boolean {
    const slice = this.slices[index];
    const ready = slice !== undefined && this.job(slice) === undefined;
    if (ready) this.go(index);
    else this.ahead(index);
    return ready;
  }

  /** Look through a window from now on; null is as the file says. */
  through(window: Window | null): void {
    if (this.slice?.colour) return;
    this.window = window;
    this.around.changed(this);
    if (this.slice?.tabled) this.look();
    else if (this.canvas && this.full?.here(this.slice!)) this.paint();
    else this.redrawSoon();
  }

  zoom(factor: number, x = this.size.width / 2, y = this.size.height / 2): void {
    this.place(zoomed(this.view, this.size, factor, x, y));
  }

  move(x: number, y: number): void {
    this.place(this.view, x, y);
  }

  reset(): void {
    this.view = WHOLE;
    this.lines.clear();
    if (this.window) this.through(null);
    this.paint();
  }

  /** Draw in full quality from now on. */
  async improve(full: typeof Full): Promise<void> {
    this.full = full;
    this.canvas ??= new full.Canvas(this.holder);
    if (this.slice) this.look(true);
  }

  close(): void {
    this.around.queue.whenIdle(this, []);
    this.canvas?.close();
    delete this.canvas; // what is still on its way finds nothing to draw on
    this.slices = [];
    this.element.remove();
  }

  private place(view: View, x = 0, y = 0): void {
    const { columns, rows, aspect } = this.slice ?? { columns: 1, rows: 1, aspect: 1 };
    this.view = moved(view, this.size, { width: columns, height: rows * aspect }, x, y);
    this.paint();
  }

  private look(drawn = false): void {
    const slice = this.slice;
    if (!slice) return;
    this.paint();
    if (this.fully(slice)) void this.lookFull(slice, drawn);
    else if (!drawn) void this.lookPicture(slice);
    this.ahead(this.index);
    this.around.changed(this);
  }

  private async lookFull(slice: Slice, drawn: boolean): Promise<void> {
    const full = this.full!;
    if (!full.here(slice)) {
      this.element.classList.remove("sharp");
      if (!drawn) {
        this.img.removeAttribute("src"); // never another slice's picture under this one's number
        setTimeout(() => {
          if (this.slice === slice && !full.here(slice)) void this.lookPicture(slice);
        }, PATIENCE);
      }
      try {
        await this.around.queue.now(slice.id, () => full.fetched(slice));
      } catch (error) {
        if (error instanceof Refused) this.around.failed(error);
        else if (this.slice === slice && !drawn) void this.lookPicture(slice);
        return;
      }
    }
    if (this.slice !== slice) return;
    await this.canvas?.show(slice);
    if (this.slice !== slice) return;
    this.paint();
    this.element.classList.add("sharp");
    this.element.dataset.shown = slice.id;
  }

  private async lookPicture(slice: Slice): Promise<void> {
    const window = this.window;
    const { pictures } = this.around;
    let address = pictures.here(slice, window);
    if (!address) {
      this.element.classList.add("waiting");
      try {
        address = await pictures.now(slice, window);
      } catch (error) {
        if (this.slice === slice) this.around.failed(error);
        return;
      }
    }
    if (this.slice !== slice || this.window !== window) return;
    this.img.removeAttribute("srcset");
    this.img.src = address;
    this.element.classList.remove("waiting", "sharp");
    this.element.dataset.shown = slice.id;
    if (pictures.sparing) this.refineSoon(slice, window);
  }

  /** Show the fine picture when somebody stays. The rough one does where it cannot be had. */
  private refineSoon(slice: Slice, window: Window | null): void {
    const stays = () => this.slice === slice && this.window === window && !this.fully(slice);
    clearTimeout(this.refined);
    this.refined = globalThis.window.setTimeout(async () => {
      if (!stays()) return;
      const address = await this.around.pictures.fine(slice, window).catch(() => undefined);
      if (address && stays()) this.img.src = address;
    }, REST);
  }

  /** Fetch what lies next, nearest first; only as much as will be kept. */
  private ahead(index: number): void {
    const { queue, savesData } = this.around;
    const full = this.full;
    const here = this.slices[index];
    if (!here) return;
    const most = savesData ? 2 * SAVING : full ? full.room(here) - 1 : this.slices.length;
    const next = around(index, this.slices.length, most).map((place) => this.slices[place]!);
    const jobs = next.map((each) => this.job(each)).filter((job) => job !== undefined);
    queue.whenIdle(this, jobs);
  }

  /** Say whether a slice is drawn here; through the file's own table only the server draws. */
  private fully(slice: Slice): boolean {
    return this.full !== undefined && this.full.can(slice) && !(slice.tabled && !this.window);
  }

  /** Return how a slice is fetched, or undefined where it is here. */
  private job(slice: Slice): Job | undefined {
    if (!this.fully(slice)) return this.around.pictures.job(slice, this.window);
    const full = this.full!;
    return full.here(slice) ? undefined : [slice.id, () => full.fetched(slice)];
  }

  private redrawSoon(): void {
    clearTimeout(this.redrawn);
    this.redrawn = window.setTimeout(() => {
      if (!this.slice) return;
      void this.lookPicture(this.slice);
      this.ahead(this.index);
    }, REDRAW);
  }

  private resized(): void {
    const { width, height } = this.size;
    this.around.pictures.fit(Math.max(width, height));
    this.canvas?.resized();
    this.paint();
  }

  private paint(): void {
    const { box, slice } = this;
    if (!slice) return;
    for (const side of ["left", "top", "width", "height"] as const) {
      this.img.style[side] = `${box[side]}px`;
    }
    this.canvas?.paint(this.size, box, this.window);
    this.lines.paint(slice, box);
  }
}
