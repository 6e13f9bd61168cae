/** Pictures that the server draws, at the size of the screen (PS3.18 §8.3.5). */

import { picture } from "./dicomweb";
import type { Job, Queue } from "./queue";
import type { Slice, Window } from "./slices";

const MEMORY = 64 << 20; // bytes of JPEG
const SHARPEST = 1.5; // device pixels of a CSS pixel that a picture is asked for
const STEP = 128; // pixels, so that a pane of a little other size asks for the same picture
/** Of JPEG, where data may be dear: half the bytes of what the server draws unasked. */
const ROUGH = 60;

interface Kept {
  address: string; // of a blob
  size: number;
}

export class Pictures {
  private readonly kept = new Map<string, Kept>(); // the oldest first
  private weight = 0;
  longest = 512; // pixels of the longer side

  /** With `sparing`, pictures come rough; what is looked at for longer is asked for finely. */
  constructor(
    private readonly queue: Queue,
    readonly sparing = false,
  ) {}

  /** Ask from now on for pictures that fill a pane of this many CSS pixels. */
  fit(pixels: number): void {
    const wanted = pixels * Math.min(SHARPEST, devicePixelRatio || 1);
    this.longest = Math.max(STEP, Math.ceil(wanted / STEP) * STEP);
  }

  /** Return where the server draws a slice, through a window or as the file says. */
  address(slice: Slice, window: Window | null, rough = this.sparing): string {
    const ask = new URLSearchParams();
    const most = Math.min(this.longest, Math.max(slice.rows, slice.columns));
    ask.set("viewport", `${most},${most}`);
    const short = (value: number) => Number(value.toFixed(3));
    const curve = slice.sigmoid ? "sigmoid" : "linear";
    if (window) ask.set("window", `${short(window.centre)},${short(window.width)},${curve}`);
    if (rough) ask.set("quality", `${ROUGH}`);
    return `${slice.url}/rendered?${ask.toString().replaceAll("%2C", ",")}`;
  }

  /** Return a picture that is here, the best there is. */
  here(slice: Slice, window: Window | null): string | undefined {
    const fine = this.kept.get(this.address(slice, window, false));
    return (fine ?? this.kept.get(this.address(slice, window)))?.address;
  }

  /** Return the fine picture of what was shown roughly, asked for before everything else. */
  async fine(slice: Slice, window: Window | null): Promise<string> {
    const url = this.address(slice, window, false);
    return this.kept.get(url)?.address ?? this.queue.now(url, () => this.load(url));
  }

  /** Return a picture, asked for before everything else. */
  async now(slice: Slice, window: Window | null): Promise<string> {
    const url = this.address(slice, window);
    return this.kept.get(url)?.address ?? this.queue.now(url, () => this.load(url));
  }

  /** Return the job of fetching a picture, for the queue; undefined where it is here. */
  job(slice: Slice, window: Window | null): Job | undefined {
    const url = this.address(slice, window);
    return this.here(slice, window) ? undefined : [url, () => this.load(url)];
  }

  private async load(url: string): Promise<string> {
    const found = this.kept.get(url);
    if (found) return found.address;
    const blob = await picture(url);
    const address = URL.createObjectURL(blob);
    this.kept.set(url, { address, size: blob.size });
    this.weight += blob.size;
    this.makeRoom();
    return address;
  }

  private makeRoom(): void {
    for (const [url, { address, size }] of this.kept) {
      if (this.weight <= MEMORY || this.kept.size === 1) return;
      URL.revokeObjectURL(address);
      this.kept.delete(url);
      this.weight -= size;
    }
  }
}
