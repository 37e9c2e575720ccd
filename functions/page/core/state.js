// One render of the whole page at a time: whoever changes something that shows calls `redraw()`.

/** @type {() => void} */
let draw = () => {};
let asked = false;

/**
 * Says how the page is drawn; app.js does, once.
 * @param {() => void} drawing
 */
export function drawnBy(drawing) {
  draw = drawing;
  redraw();
}

/** Draws the page once, after the present work is done, however often it is asked for. */
export function redraw() {
  if (asked) return;
  asked = true;
  queueMicrotask(() => {
    asked = false;
    draw();
  });
}
