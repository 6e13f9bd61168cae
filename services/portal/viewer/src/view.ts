/** Where the picture lies within its pane. Pure. All lengths are CSS pixels. */

export interface View {
  zoom: number; // 1: the whole picture fits
  x: number; // from the middle of the pane to the middle of the picture
  y: number;
}
export interface Size {
  width: number;
  height: number;
}
export interface Box extends Size {
  left: number;
  top: number;
}

export const WHOLE: View = { zoom: 1, x: 0, y: 0 };
const [LEAST, MOST] = [0.5, 20];
const IN_SIGHT = 40; // of the picture, however far it is moved

/** Return where a picture of these proportions lies. */
export function placed(pane: Size, picture: Size, view: View): Box {
  const fit = Math.min(pane.width / picture.width, pane.height / picture.height);
  const width = picture.width * fit * view.zoom;
  const height = picture.height * fit * view.zoom;
  return {
    left: (pane.width - width) / 2 + view.x,
    top: (pane.height - height) / 2 + view.y,
    width,
    height,
  };
}

/** Return the view `factor` times larger; the point under (x, y) of the pane stays where it is. */
export function zoomed(view: View, pane: Size, factor: number, x: number, y: number): View {
  const zoom = Math.min(MOST, Math.max(LEAST, view.zoom * factor));
  const real = zoom / view.zoom;
  const [fromX, fromY] = [x - pane.width / 2, y - pane.height / 2];
  return { zoom, x: fromX - (fromX - view.x) * real, y: fromY - (fromY - view.y) * real };
}

/** Return the view moved, so that something of the picture stays in sight. */
export function moved(view: View, pane: Size, picture: Size, x: number, y: number): View {
  const box = placed(pane, picture, view);
  const mostX = Math.max(0, (pane.width + box.width) / 2 - IN_SIGHT);
  const mostY = Math.max(0, (pane.height + box.height) / 2 - IN_SIGHT);
  return {
    zoom: view.zoom,
    x: Math.min(mostX, Math.max(-mostX, view.x + x)),
    y: Math.min(mostY, Math.max(-mostY, view.y + y)),
  };
}
