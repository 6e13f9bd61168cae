/** Two panes that scroll as one. */

import type { Pane } from "./pane";
import { depth, parallel } from "./slices";

export class Pair {
  linked = true;
  private anchor: [number, number] = [0, 0]; // places that belong together

  constructor(
    readonly left: Pane,
    readonly right: Pane,
  ) {}

  /** Let what is shown now belong together. */
  fasten(): void {
    this.anchor = [this.left.index, this.right.index];
  }

  /** Show on the right what lies where the left one is: by the body, or by the part of the way. */
  align(): void {
    this.right.go(nearest(this.left, this.right) ?? this.sameWay());
    this.fasten();
  }

  /** Bring the other pane along after `moved` has moved. */
  follow(moved: Pane): void {
    if (!this.linked) return;
    const other = moved === this.left ? this.right : this.left;
    const [own, others] = moved === this.left ? this.anchor : [this.anchor[1], this.anchor[0]];
    other.go(offset(moved, own, other, others));
  }

  private sameWay(): number {
    const last = Math.max(1, this.left.slices.length - 1);
    return (this.left.index / last) * (this.right.slices.length - 1);
  }
}

/** Return where `to` lies as `from` does, if both were recorded in one frame of reference. */
function nearest(from: Pane, to: Pane): number | undefined {
  const [here, there] = [from.slice, to.slice];
  const same = (tag: string) =>
    here?.instance[tag]?.Value?.[0] !== undefined &&
    here.instance[tag]?.Value?.[0] === there?.instance[tag]?.Value?.[0];
  if (!here || !there || !same("00200052") || !parallel(here, there)) return undefined;
  return closest(to, depth(here)!);
}

/** Return the place of the slice of `pane` that lies closest to a depth, mm. */
function closest(pane: Pane, wanted: number): number {
  let [best, least] = [pane.index, Infinity];
  pane.slices.forEach((each, place) => {
    const far = Math.abs((depth(each) ?? Infinity) - wanted);
    if (far < least) [best, least] = [place, far];
  });
  return best;
}

/** Return the place in `other` as far from its anchor as `moved` is from its own. */
function offset(moved: Pane, own: number, other: Pane, others: number): number {
  const [from, to, start] = [moved.slices[own], moved.slice, other.slices[others]];
  if (from && to && start && parallel(to, start)) {
    return closest(other, depth(start)! + depth(to)! - depth(from)!);
  }
  return others + moved.index - own;
}
