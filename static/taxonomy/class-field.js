// Boxes that pick classes, on any page, by attributes alone:
//
//   <div class="class-field">
//     <label for="about">Classes</label>
//     <input id="about" data-class-search data-classes-url="/classes/1/….json"
//            data-name="classes" data-multiple>
//   </div>
//
// data-classes-url  the class index
// data-name         the name of the hidden inputs that hold the class indices picked; those that
//                   the page comes with are picked from the start
// data-multiple     any number of classes instead of one
// data-go           go to this address on picking, {index} being the class index
// required          the form is not sent before a class is picked
//
// The box fires "classpick" (bubbling; detail.classes: all that are picked) on every change.

import { attachClassSearch, loadClasses } from "./class-search.js";

const attached = new WeakSet();

class ClassField {
  constructor(input, { classes, byIndex }) {
    this.input = input;
    this.field = input.closest(".class-field");
    this.byIndex = byIndex;
    this.picked = [];
    this.required = input.required;
    this.chips = document.createElement("ul");
    this.chips.className = "class-chips";
    this.chips.setAttribute("aria-label", "Classes picked");
    const listbox = document.createElement("ul");
    input.before(this.chips);
    input.after(listbox);
    this.takeOver();
    attachClassSearch(input, listbox, {
      classes,
      onPick: (found) => this.pick(found),
      exclude: (found) => this.picked.includes(found),
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" && !input.value) this.chips.querySelector("li:last-child button")?.focus();
    });
    this.chips.addEventListener("click", (event) => this.remove(event.target.closest("button")));
    this.chips.addEventListener("keydown", (event) => {
      if (event.key !== "Backspace" && event.key !== "Delete") return;
      event.preventDefault();
      this.remove(event.target.closest("button"));
    });
  }

  // The hidden inputs that came with the page become chips.
  takeOver() {
    const { name } = this.input.dataset;
    if (name) {
      for (const hidden of this.field.querySelectorAll(`input[type=hidden][name="${CSS.escape(name)}"]`)) {
        const found = this.byIndex.get(Number(hidden.value));
        if (found && !this.picked.includes(found)) this.picked.push(found);
        hidden.remove();
      }
    }
    this.show();
  }

  pick(found) {
    const { go, multiple } = this.input.dataset;
    if (go !== undefined) {
      location.assign(go.replace("{index}", found.index));
      return;
    }
    this.picked = multiple === undefined ? [found] : [...this.picked, found];
    this.changed();
  }

  remove(button) {
    if (!button) return;
    const place = [...this.chips.children].indexOf(button.parentElement);
    this.picked.splice(place, 1);
    this.changed();
    const next = this.chips.children[Math.min(place, this.picked.length - 1)];
    (next?.querySelector("button") ?? this.input).focus();
  }

  changed() {
    this.show();
    const detail = { classes: [...this.picked] };
    this.input.dispatchEvent(new CustomEvent("classpick", { bubbles: true, detail }));
  }

  show() {
    this.chips.replaceChildren(...this.picked.map((found) => chip(found, this.input.dataset.name)));
    this.chips.hidden = !this.picked.length;
    this.input.required = this.required && !this.picked.length;
  }
}

// A button that removes the class, and the hidden input that sends it.
function chip(found, name) {
  const element = document.createElement("li");
  const button = document.createElement("button");
  const above = document.createElement("span");
  const cross = document.createElement("span");
  button.type = "button";
  button.title = found.definition;
  button.setAttribute("aria-label", `Remove ${found.names[0]}${found.path.length ? `, ${found.path[0]}` : ""}`);
  above.className = "class-chip-above";
  above.textContent = found.path[0] ?? "";
  cross.textContent = "×";
  button.append(`${found.names[0]} `, above, cross);
  element.append(button);
  if (name) {
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name, value: found.index });
    element.append(hidden);
  }
  return element;
}

async function attach(input) {
  if (attached.has(input)) return;
  attached.add(input);
  try {
    new ClassField(input, await loadClasses(input.dataset.classesUrl));
  } catch (error) {
    attached.delete(input);
    const message = document.createElement("p");
    message.className = "class-search-status is-empty";
    message.setAttribute("role", "alert");
    message.textContent = `${error.message} Reload the page to search for classes.`;
    input.after(message);
  }
}

function attachAll(root) {
  for (const input of root.querySelectorAll("input[data-class-search]")) attach(input);
}

attachAll(document);
// What htmx brings later.
document.addEventListener("htmx:load", (event) => attachAll(event.detail.elt.parentElement ?? event.detail.elt));
