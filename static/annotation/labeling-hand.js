// The classes at hand: those pinned, then those named last, each with a digit.

import { byId, make } from "./review-view.js";

const SHOWN = 9;

// A small picture of a class, as class-thumb.js draws it.
export function thumbOf(index, name) {
  const thumb = document.createElement("class-thumb");
  Object.assign(thumb, { textContent: [...name][0], ariaHidden: "true" });
  thumb.dataset.class = index;
  return thumb;
}

export class Hand {
  // nameOf(index) gives a class; onPin(index, pinned) is called when a pin is pressed.
  constructor({ pinned, recent, nameOf, onPin }) {
    Object.assign(this, { pinned, recent, nameOf, onPin });
    this.list = byId("hand");
    this.list.addEventListener("click", (event) => {
      const pin = event.target.closest("[data-pin]");
      if (pin) this.toggle(Number(pin.dataset.pin));
    });
  }

  get classes() {
    const recent = this.recent.filter((index) => !this.pinned.includes(index));
    return [...this.pinned, ...recent].slice(0, SHOWN);
  }

  used(index) {
    this.recent = [index, ...this.recent.filter((one) => one !== index)];
  }

  toggle(index) {
    const pinned = !this.pinned.includes(index);
    this.pinned = pinned ? [...this.pinned, index] : this.pinned.filter((one) => one !== index);
    this.onPin(index, pinned);
  }

  render(chosen) {
    const rows = this.classes;
    byId("hand-empty").hidden = rows.length > 0;
    this.list.replaceChildren(...rows.map((index, place) => this.#row(index, place, index === chosen)));
  }

  #row(index, place, isChosen) {
    const row = make("li", "labeling-hand-row");
    const pick = make("button", "labeling-hand-pick");
    const [name] = this.nameOf(index).names;
    const thumb = thumbOf(index, name);
    const isPinned = this.pinned.includes(index);
    const pin = make("button", "labeling-pin", isPinned ? "★" : "☆");
    pick.type = pin.type = "button";
    pick.dataset.class = index;
    pick.setAttribute("aria-pressed", String(isChosen));
    pick.append(make("kbd", "", String(place + 1)), thumb, make("span", "labeling-hand-name", name));
    pin.dataset.pin = index;
    pin.setAttribute("aria-pressed", String(isPinned));
    pin.setAttribute("aria-label", isPinned ? `Unpin ${name}` : `Keep ${name} at hand`);
    row.append(pick, pin);
    return row;
  }
}
