// The overview of reference images: the filter, and how many classes are ticked.

import { fold } from "./class-search.js";

const MOST_COMPARED = 3;
const byId = (id) => document.getElementById(id);
const list = byId("classes");

if (list) {
  const rows = [...list.children].map((element) => ({
    element,
    text: fold(element.dataset.text),
    state: element.dataset.state,
  }));
  const filter = () => showMatching(rows);
  byId("filter").addEventListener("input", filter);
  byId("state").addEventListener("change", filter);
  // Enter in the filter would send the form.
  byId("filter").addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.addEventListener("change", limitTicks);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input:not([type=checkbox]), select")) return;
    event.preventDefault();
    byId("filter").focus();
  });
  filter(); // a browser that goes back restores what was written
  limitTicks();
}

function showMatching(rows) {
  const words = fold(byId("filter").value).split(" ");
  const state = byId("state").value;
  let count = 0;
  for (const row of rows) {
    const fits = (!state || row.state === state) && words.every((word) => row.text.includes(word));
    row.element.hidden = !fits;
    count += fits;
  }
  byId("shown").textContent = count === rows.length ? "" : `${count} of ${rows.length}`;
  byId("none").hidden = count > 0;
}

function limitTicks() {
  const boxes = [...list.querySelectorAll("input[type=checkbox]")];
  const ticked = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.disabled = !box.checked && ticked >= MOST_COMPARED;
  byId("compare").disabled = ticked < 2;
}
