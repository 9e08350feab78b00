// Fields of forms that ask for classes, by markup alone: templates/taxonomy/_class_input.html asks
// for one class, _class_inputs.html for several. They need class-search.css and, for the hierarchy's
// dialog, explorer.css. A field of several fires "classpick" (bubbling)
// whenever other classes are chosen in it.

import { attachWhenLoaded, fold } from "./class-search.js";

// What is chosen in a field of several: [[class index, name], …].
export function chosenIn(field) {
  const inputs = [...chipsOf(field).querySelectorAll("input")];
  return inputs.map((input) => [Number(input.value), input.dataset.name]);
}

export function choose(field, chosen) {
  chipsOf(field).replaceChildren(...chosen.map((one) => chip(field.dataset.name, one)));
  field.dispatchEvent(new CustomEvent("classpick", { bubbles: true }));
}

// Class search below an input, and beside it, in the same .class-box, the button that opens the
// hierarchy. onPick and exclude are those of `attachClassSearch`; start() is the key of the class at
// which the hierarchy opens, if there is one. Resolves to what `loadClasses` does.
export async function attachToBox(input, { onPick, exclude, start }) {
  const { classesUrl } = input.dataset;
  const listbox = document.createElement("ul");
  listbox.hidden = true;
  input.after(listbox);
  const loaded = await attachWhenLoaded(input, listbox, classesUrl, { onPick, exclude });
  const button = input.parentElement.querySelector("[data-hierarchy-url]");
  button.addEventListener("click", async () => {
    const { pickFromHierarchy } = await import("./explorer-dialog.js");
    const { hierarchyUrl } = button.dataset;
    const index = await pickFromHierarchy({ hierarchyUrl, classesUrl, start: start?.() });
    const found = loaded.byIndex.get(index);
    if (found && !exclude?.(found)) onPick(found);
  });
  return loaded;
}

const chipsOf = (field) => field.querySelector(".class-chips");

function chip(inputName, [index, shown]) {
  const item = document.createElement("li");
  const thumb = document.createElement("class-thumb");
  const name = document.createElement("span");
  const input = document.createElement("input");
  const button = document.createElement("button");
  item.className = "badge";
  thumb.dataset.class = index;
  Object.assign(thumb, { textContent: [...shown][0], ariaHidden: "true" });
  Object.assign(name, { className: "class-name", textContent: shown });
  Object.assign(input, { type: "hidden", name: inputName, value: index });
  input.dataset.name = shown;
  Object.assign(button, { type: "button", textContent: "×", ariaLabel: `Remove ${shown}` });
  item.append(thumb, name, input, button);
  return item;
}

// The input holds the class's key, and may hold whatever else the server takes for a class; the
// <output> says which class a key is.
async function attachOne(input) {
  const output = input.closest(".class-field").querySelector("output");
  let byKey = new Map();
  const show = () => (output.textContent = byKey.get(input.value)?.names.join(", ") ?? "");
  input.addEventListener("input", show);
  const onPick = (found) => {
    input.value = found.key;
    show();
  };
  const start = () => (byKey.has(input.value) ? input.value : undefined);
  const { classes } = await attachToBox(input, { onPick, start });
  byKey = new Map(classes.map((found) => [found.key, found]));
  show();
}

async function attachSeveral(field) {
  const input = field.querySelector(".class-box input");
  let chosen = new Set();
  const look = () => (chosen = new Set(chosenIn(field).map(([index]) => index)));
  const has = ({ index }) => chosen.has(index);
  const add = (found) => choose(field, [...chosenIn(field), ...found.map(named)]);
  field.addEventListener("classpick", look);
  look();
  chipsOf(field).addEventListener("click", (event) => {
    const item = event.target.closest("button")?.closest("li");
    if (!item) return;
    const place = [...chipsOf(field).children].indexOf(item);
    choose(field, chosenIn(field).toSpliced(place, 1));
    input.focus();
  });
  input.addEventListener("keydown", (event) => {
    // Enter would send the form.
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
    const takesBack = event.key === "Backspace" && !input.value && chosen.size;
    if (takesBack) choose(field, chosenIn(field).slice(0, -1));
  });
  const { classes } = await attachToBox(input, { exclude: has, onPick: (found) => add([found]) });
  input.addEventListener("paste", (event) => {
    const lines = event.clipboardData.getData("text/plain").split("\n").filter((line) => line.trim());
    if (lines.length < 2) return;
    event.preventDefault();
    const meant = lines.map((line) => meantBy(line, classes));
    add([...new Set(meant.filter(Boolean))].filter((found) => !has(found)));
    const unknown = lines.filter((_, place) => !meant[place]).map((line) => `“${line.trim()}”`);
    const output = field.querySelector("output");
    output.textContent = unknown.length ? `No class, or several: ${unknown.join(", ")}` : "";
  });
}

const named = (found) => [found.index, found.names[0]];

// The class that a pasted line means: a key, perhaps with more behind it, an index, or a name that
// only one class has.
function meantBy(line, classes) {
  const text = line.trim();
  const byKey = classes.find(({ key }) => key === text || key === text.split(/\s/)[0]);
  if (byKey) return byKey;
  if (/^\d+$/.test(text)) return classes[Number(text)];
  const bearers = classes.filter(({ names }) => names.some((name) => fold(name) === fold(text)));
  return bearers.length === 1 ? bearers[0] : undefined;
}

for (const input of document.querySelectorAll("input[data-class-key]")) attachOne(input);
for (const field of document.querySelectorAll(".class-field[data-name]")) attachSeveral(field);
