// The classes that an entry is about, as chips with a hidden input each.

import { attachClassSearch, loadClasses } from "./class-search.js";

// Returns { chosen, choose }: the classes as [[index, name], …], and a function that sets them.
export async function attachClasses(search, listbox, chips, onChange) {
  const chosen = () =>
    [...chips.querySelectorAll("input")].map((input) => [
      Number(input.value),
      input.previousSibling.textContent,
    ]);

  function chip([index, name]) {
    const item = document.createElement("li");
    const input = document.createElement("input");
    const button = document.createElement("button");
    item.className = "badge";
    Object.assign(input, { type: "hidden", name: "classes", value: index });
    Object.assign(button, { type: "button", textContent: "×", ariaLabel: `Remove ${name}` });
    item.append(name, input, button);
    return item;
  }

  chips.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    button.closest("li").remove();
    search.focus();
    onChange();
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
    if (event.key === "Backspace" && !search.value && chips.lastElementChild) {
      chips.lastElementChild.remove();
      onChange();
    }
  });
  const { classes } = await loadClasses(search.dataset.classesUrl);
  attachClassSearch(search, listbox, {
    classes,
    exclude: (found) => chosen().some(([index]) => index === found.index),
    onPick: (found) => {
      chips.append(chip([found.index, found.names[0]]));
      onChange();
    },
  });
  return { chosen, choose: (all) => chips.replaceChildren(...all.map(chip)) };
}
