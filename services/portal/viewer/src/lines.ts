/** Lengths measured on a pane: from one point of the picture to another. */

import type { Slice } from "./slices";
import type { Box } from "./view";

export interface Point {
  x: number; // columns from the left edge
  y: number; // rows from the top edge
}
interface Line {
  slice: string;
  from: Point;
  to: Point;
}
export type Worded = (length: number, unit: "mm" | "pixel", sure: boolean) => string;

const SVG = "http://www.w3.org/2000/svg";

/** Return the length of a line, in millimetres where the file says how large a pixel is. */
export function length(slice: Slice, from: Point, to: Point): { value: number; unit: "mm" | "pixel" } {
  const { row, column } = slice.spacing ?? { row: slice.aspect, column: 1 };
  const value = Math.hypot((to.x - from.x) * column, (to.y - from.y) * row);
  return { value, unit: slice.spacing ? "mm" : "pixel" };
}

export class Lines {
  private lines: Line[] = [];
  private readonly svg: SVGSVGElement;
  private last?: [Slice, Box];
  /** Puts a length into words; the page's language is not known here. */
  worded: Worded = (value, unit) => `${value} ${unit}`;
  /** Where keys have brought the cross to; undefined while none is shown. */
  cross?: Point;

  constructor(pane: HTMLElement) {
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.classList.add("lines");
    this.svg.setAttribute("aria-hidden", "true");
    pane.append(this.svg);
  }

  /** Begin a line; `stretch` moves its end. */
  begin(slice: Slice, at: Point): void {
    this.lines.push({ slice: slice.id, from: at, to: at });
    this.again();
  }

  /** Move the end of the newest line. */
  stretch(to: Point): void {
    const line = this.lines.at(-1);
    if (line) line.to = to;
    this.again();
  }

  /** Leave out the newest line if it is only a point; return what it measures otherwise. */
  end(slice: Slice): string | undefined {
    const line = this.lines.at(-1);
    if (!line) return undefined;
    if (Math.hypot(line.to.x - line.from.x, line.to.y - line.from.y) < 1) {
      this.lines.pop();
      this.again();
      return undefined;
    }
    return this.words(slice, line);
  }

  clear(): void {
    this.lines = [];
    delete this.cross;
    this.again();
  }

  /** Draw those of the slice that is shown. */
  paint(slice: Slice, box: Box): void {
    this.last = [slice, box];
    const at = ({ x, y }: Point) => [
      box.left + (x / slice.columns) * box.width,
      box.top + (y / slice.rows) * box.height,
    ];
    const parts = this.lines.filter((line) => line.slice === slice.id).flatMap((line) => {
      const [[x1 = 0, y1 = 0], [x2 = 0, y2 = 0]] = [at(line.from), at(line.to)];
      const ends = [[x1, y1], [x2, y2]].map(([cx, cy]) => shape("circle", { cx: cx!, cy: cy!, r: 5 }));
      const label = shape("text", { x: Math.max(x1, x2) + 10, y: (x1 > x2 ? y1 : y2) - 8 });
      label.textContent = this.words(slice, line);
      return [shape("line", { x1, y1, x2, y2, class: "under" }), shape("line", { x1, y1, x2, y2 }), ...ends, label];
    });
    if (this.cross) {
      const [x = 0, y = 0] = at(this.cross);
      parts.push(shape("path", { d: `M${x - 14} ${y}h28M${x} ${y - 14}v28`, class: "cross" }));
    }
    this.svg.replaceChildren(...parts);
  }

  private words(slice: Slice, line: Line): string {
    const { value, unit } = length(slice, line.from, line.to);
    return this.worded(value, unit, slice.spacing?.sure ?? true);
  }

  private again(): void {
    if (this.last) this.paint(...this.last);
  }
}

function shape(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
