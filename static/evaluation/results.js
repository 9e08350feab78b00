// The results page: draws the figures so that they can be pointed at, and listens to keys.
// Without this script the page shows the same figures as pictures.

import { dark, drawAll, drawn } from "./drawing.js";
import { listen } from "./picking.js";

function highlight() {
  const text = document.getElementById("q").value.trim().toLowerCase();
  for (const { view } of drawn.values()) view.signal("match", text).runAsync();
}

listen();
document.getElementById("q").addEventListener("input", highlight);
dark.addEventListener("change", () => drawAll(highlight));
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "results") drawAll(highlight);
});
drawAll(highlight);
