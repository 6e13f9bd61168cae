/** Moving pictures: one slice after the other at the file's own pace. */

import type { Pane } from "./pane";
import { pace } from "./slices";

const USUAL = 100; // ms from picture to picture, where the file does not say

export class Film {
  private timer = 0;

  constructor(private readonly told: (runs: boolean) => void) {}

  get runs(): boolean {
    return this.timer !== 0;
  }

  /** Run, or stop. A picture that is not here yet is waited for. */
  toggle(pane: Pane): void {
    if (this.runs) {
      this.stop();
      return;
    }
    const every = (pane.slice && pace(pane.slice)) ?? USUAL;
    this.timer = window.setInterval(() => pane.goIfHere((pane.index + 1) % pane.slices.length), every);
    this.told(true);
  }

  stop(): void {
    if (!this.runs) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.told(false);
  }
}
