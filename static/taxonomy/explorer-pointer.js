// Mouse, pen and fingers on the drawing: press to go in, wheel to scale, drag to move.

import { panned, zoomed } from "./explorer-geometry.js";

const DRAG = 6;
const WHEEL = 0.0016;
const PINCH = 0.01;

export function listenToPointer(explorer, signal) {
  const { tree } = explorer;
  let press = null; // { x, y, window, dragged }
  const placeOf = (event) => {
    const box = tree.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const on = (type, listener, more) => tree.addEventListener(type, listener, { signal, ...more });

  on("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    press = { x: event.clientX, y: event.clientY, window: explorer.window, dragged: false };
  });
  on("pointermove", (event) => {
    if (press) drag(event);
    else if (event.pointerType === "mouse") {
      const [x, y] = placeOf(event);
      explorer.pointAt(explorer.stepAt(x, y), x, y);
    }
  });
  on("pointerleave", () => explorer.pointAt(null));
  on("pointercancel", () => (press = null));
  on("pointerup", () => setTimeout(() => (press = null)));
  on("click", (event) => {
    // Of a double click the first press has changed what is under the second.
    if (press?.dragged || event.detail > 1) return;
    const step = explorer.stepAt(...placeOf(event));
    explorer.focus();
    if (!step) return;
    // A second press on the node that fills the drawing goes out again.
    const again = step === explorer.root && step === explorer.marked && step.parent;
    explorer.goTo(again ? step.parent : step);
  });
  on("dblclick", () => explorer.pick(explorer.marked));
  on("wheel", wheel, { passive: false });

  function drag(event) {
    const way = event.clientY - press.y;
    if (!press.dragged && Math.abs(way) < DRAG) return;
    if (!press.dragged) tree.setPointerCapture(event.pointerId);
    press.dragged = true;
    explorer.pointAt(null);
    explorer.lookAt(panned(press.window, -way / explorer.height, explorer.root));
  }

  // A pinch on a trackpad comes as a wheel with Ctrl.
  function wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    const factor = Math.exp(event.deltaY * lines * (event.ctrlKey ? PINCH : WHEEL));
    const place = placeOf(event)[1] / explorer.height;
    explorer.pointAt(null);
    explorer.lookAt(zoomed(explorer.window, factor, place, explorer.hierarchy));
  }
}
