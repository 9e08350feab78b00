// Class search in forms: an input marked data-pick takes the key of the class that is picked, and
// shows its names in the <output> for it; with data-pick="ID" it adds a line to that textarea.

import { attachClassSearch, loadClasses } from "./class-search.js";

const inputs = [...document.querySelectorAll("input[data-pick]")];

async function start() {
  const { classes } = await loadClasses(inputs[0].dataset.classesUrl);
  const byKey = new Map(classes.map((found) => [found.key, found]));
  for (const input of inputs) attach(input, classes, byKey);
}

function attach(input, classes, byKey) {
  const listbox = document.createElement("ul");
  input.after(listbox);
  const list = document.getElementById(input.dataset.pick);
  const output = document.querySelector(`output[for="${input.id}"]`);
  const show = () => {
    if (output) output.textContent = byKey.get(input.value)?.names.join(", ") ?? "";
  };
  attachClassSearch(input, listbox, {
    classes,
    onPick: (found) => (list ? addLine(list, found) : ((input.value = found.key), show())),
  });
  input.addEventListener("input", show);
  show();
}

function addLine(list, found) {
  const lines = list.value.split("\n").filter((line) => line.trim());
  if (!lines.some((line) => line.split(/\s+/)[0] === found.key)) {
    lines.push(`${found.key} ${found.names[0]}`);
  }
  list.value = `${lines.join("\n")}\n`;
  list.scrollTop = list.scrollHeight;
}

if (inputs.length) await start();
