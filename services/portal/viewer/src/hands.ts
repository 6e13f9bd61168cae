/** Fingers, mouse, wheel and keys on the panes. */

import type { Pane } from "./pane";
import type { Point } from "./lines";
import type { Window } from "./slices";

export type Tool = "scroll" | "move" | "light" | "measure";
export interface Hold {
  tool: Tool;
  pane: Pane; // the one that was touched last
  scroll: (pane: Pane, by: number) => void;
  measured: (words: string) => void;
  held: (pane: Pane) => void;
}

const TRAVEL = 12; // CSS pixels of a drag to the next slice, at least
const NOTCH = 40; // of a wheel, to the next slice
const LARGER = 1.25;
const [FAR, STEP] = [10, 16]; // slices of a page; CSS pixels of a key

/** Take the pointers and the wheel of a pane. */
export function take(pane: Pane, hold: Hold): void {
  const held = new Map<number, PointerEvent>();
  let [scrolled, turned, wide] = [0, 0, 0];
  let before: Window | undefined;
  const { element } = pane;

  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 1) return;
    element.setPointerCapture(event.pointerId);
    held.set(event.pointerId, event);
    hold.held(pane);
    [scrolled, wide] = [0, spread(held)];
    before = current(pane);
    if (pane.slice && toolOf(event, hold) === "measure" && held.size === 1) {
      pane.lines.begin(pane.slice, pointOf(pane, event));
    }
  });

  element.addEventListener("pointermove", (event) => {
    const last = held.get(event.pointerId);
    if (!last) return;
    held.set(event.pointerId, event);
    const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
    if (held.size > 1) {
      const now = spread(held);
      const middle = middleOf(pane, held);
      if (wide > 0 && now > 0) pane.zoom(now / wide, middle.x, middle.y);
      pane.move(dx / held.size, dy / held.size);
      wide = now;
      return;
    }
    const tool = toolOf(event, hold);
    if (tool === "scroll") {
      // A whole series is never further than the height of its pane.
      const travel = Math.max(TRAVEL / 4, Math.min(TRAVEL, pane.size.height / pane.slices.length));
      // A finger pushes the pictures on, as it does a page; a mouse pulls towards the next one.
      const pull = event.pointerType === "mouse" ? dy : -dy;
      scrolled += Math.abs(dy) >= Math.abs(dx) ? pull : -dx;
      const steps = Math.trunc(scrolled / travel);
      scrolled -= steps * travel;
      if (steps !== 0) hold.scroll(pane, steps);
    } else if (tool === "move") pane.move(dx, dy);
    else if (tool === "light") before = lit(pane, before, dx, dy);
    else pane.lines.stretch(pointOf(pane, event));
  });

  const up = (event: PointerEvent) => {
    if (!held.delete(event.pointerId) || !pane.slice) return;
    if (hold.tool === "measure") {
      const words = pane.lines.end(pane.slice);
      if (words) hold.measured(words);
    }
  };
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", up);
  element.addEventListener("contextmenu", (event) => event.preventDefault());
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    hold.held(pane);
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? NOTCH : 1);
    if (event.ctrlKey) {
      const { x, y } = within(pane, event);
      pane.zoom(Math.exp(-pixels / 300), x, y);
      return;
    }
    turned = Math.sign(turned) === Math.sign(pixels) ? turned + pixels : pixels;
    const steps = Math.trunc(turned / NOTCH) || (Math.abs(pixels) >= NOTCH ? Math.sign(pixels) : 0);
    if (steps !== 0) turned = 0;
    if (steps !== 0) hold.scroll(pane, Math.sign(steps));
  }, { passive: false });
}

/** Take the keys: arrows do what the tool does, wherever nothing else needs them. */
export function takeKeys(hold: Hold): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const onPane = target.closest(".pane") !== null;
    if (!onPane && target !== document.body) return;
    if (event.altKey || event.metaKey || event.ctrlKey) return;
    if (pressed(event, hold, onPane)) event.preventDefault();
  });
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Do what a key says; single characters only on a pane itself (WCAG 2.1.4). */
function pressed(event: KeyboardEvent, hold: Hold, onPane: boolean): boolean {
  const { pane } = hold;
  const arrow = ARROWS[event.key];
  if (arrow && hold.tool !== "scroll") return arrowed(hold, arrow, event.shiftKey);
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowUp: -1,
    ArrowRight: 1,
    ArrowDown: 1,
    PageUp: -FAR,
    PageDown: FAR,
    Home: -pane.slices.length,
    End: pane.slices.length,
  };
  const step = steps[event.key];
  if (step !== undefined) hold.scroll(pane, step);
  else if (!onPane) return false;
  else if (event.key === "+" || event.key === "=") pane.zoom(LARGER);
  else if (event.key === "-") pane.zoom(1 / LARGER);
  else if (event.key === "0") pane.reset();
  else if (event.key === "Enter" && hold.tool === "measure") set(hold);
  else return false;
  return true;
}

function arrowed(hold: Hold, [x, y]: [number, number], fast: boolean): boolean {
  const { pane } = hold;
  const step = fast ? STEP * 4 : STEP;
  if (hold.tool === "move") pane.move(-x * step, -y * step);
  else if (hold.tool === "light") lit(pane, current(pane), x * step, y * step);
  else if (pane.slice) {
    const { columns, rows } = pane.slice;
    const { lines } = pane;
    const scale = columns / pane.box.width;
    const from = lines.cross ?? { x: columns / 2, y: rows / 2 };
    const near = (step / 4) * scale;
    lines.cross = {
      x: Math.min(columns, Math.max(0, from.x + x * near)),
      y: Math.min(rows, Math.max(0, from.y + y * near)),
    };
    if (measuring) lines.stretch(lines.cross);
    lines.paint(pane.slice, pane.box);
  }
  return true;
}

let measuring = false; // a line was begun by the Enter key

/** Set an end of a line where the cross is. */
function set(hold: Hold): void {
  const { pane } = hold;
  if (!pane.slice) return;
  pane.lines.cross ??= { x: pane.slice.columns / 2, y: pane.slice.rows / 2 };
  if (measuring) {
    const words = pane.lines.end(pane.slice);
    if (words) hold.measured(words);
  } else pane.lines.begin(pane.slice, pane.lines.cross);
  measuring = !measuring;
}

/** The right button sets the window, whichever tool is held. */
function toolOf(event: PointerEvent, hold: Hold): Tool {
  const right = 2;
  return event.pointerType === "mouse" && (event.buttons & right) !== 0 ? "light" : hold.tool;
}

/** Return the window that is looked through, or a usual one where nothing names it. */
export function current(pane: Pane): Window {
  return pane.window ?? pane.slice?.presets[0] ?? pane.usual;
}

/** Change the window: to the right more contrast, upwards darker, as in other viewers. */
function lit(pane: Pane, from: Window | undefined, dx: number, dy: number): Window {
  const { centre, width } = from ?? current(pane);
  const strength = Math.max(width, 16) / 300;
  const window = {
    centre: centre + dy * strength,
    width: Math.max(1, width - dx * strength),
  };
  pane.through(window);
  return window;
}

function within(pane: Pane, event: MouseEvent): Point {
  const { left, top } = pane.element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

/** Return the point of the picture under a pointer. */
function pointOf(pane: Pane, event: PointerEvent): Point {
  const { x, y } = within(pane, event);
  const { box, slice } = pane;
  return {
    x: ((x - box.left) / box.width) * (slice?.columns ?? 1),
    y: ((y - box.top) / box.height) * (slice?.rows ?? 1),
  };
}

function spread(held: Map<number, PointerEvent>): number {
  const [one, two] = [...held.values()];
  return one && two ? Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY) : 0;
}

function middleOf(pane: Pane, held: Map<number, PointerEvent>): Point {
  const points = [...held.values()].map((each) => within(pane, each));
  const mean = (values: number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
  return { x: mean(points.map(({ x }) => x)), y: mean(points.map(({ y }) => y)) };
}
