// The page that compares classes: which ones is in its address.

import { attachToBox } from "./class-pick.js";

const shown = [...document.querySelectorAll(".compare-column")].map(({ dataset }) =>
  Number(dataset.index),
);
const input = document.getElementById("add");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, dialog")) return;
  const action = {
    a: () => input?.focus(),
    s: () => document.getElementById("swap")?.click(),
  }[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});

if (input) {
  if (!shown.length) input.focus();
  attachToBox(input, {
    exclude: ({ index }) => shown.includes(index),
    onPick: ({ index }) => {
      const query = [...shown, index].map((each) => `class=${each}`);
      location.assign(`?${query.join("&")}`);
    },
  });
}
