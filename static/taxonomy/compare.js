// The page that compares classes: which ones is in its address.

import { attachClassSearch, loadClasses } from "./class-search.js";

const shown = [...document.querySelectorAll(".compare-column")].map(({ dataset }) =>
  Number(dataset.index),
);
const input = document.getElementById("add");

if (input) {
  const { classes } = await loadClasses(input.dataset.classesUrl);
  attachClassSearch(input, document.getElementById("found"), {
    classes,
    exclude: ({ index }) => shown.includes(index),
    onPick: ({ index }) => {
      const query = [...shown, index].map((each) => `class=${each}`);
      location.assign(`?${query.join("&")}`);
    },
  });
  if (!shown.length) input.focus();
}

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
