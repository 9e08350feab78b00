// The dialog that shows reference images large: one, or the same number of several classes.

import { Stage } from "../shared/stage.js";

export class Viewer {
  constructor() {
    this.dialog = make("dialog", "reference-viewer");
    this.dialog.setAttribute("aria-label", "Reference images");
    this.stages = make("div", "reference-stages");
    this.count = make("p", "reference-count");
    this.count.setAttribute("role", "status");
    const bar = make("div", "reference-bar");
    bar.append(
      button("Previous", "←", () => this.#go(-1)),
      button("Next", "→", () => this.#go(1)),
      this.count,
      button("Smaller", "−", () => this.#zoom(-1)),
      button("Larger", "+", () => this.#zoom(1)),
      button("Close", "Esc", () => this.dialog.close()),
    );
    this.dialog.append(this.stages, bar);
    document.body.append(this.dialog);
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this.dialog.addEventListener("close", () => this.onClose?.(this.place));
  }

  // `sheets` are <reference-sheet> elements; onClose(place) gets the place looked at last.
  open(sheets, place, onClose) {
    this.sheets = sheets;
    this.onClose = onClose;
    this.most = Math.max(...sheets.map((sheet) => sheet.images.length));
    this.figures = sheets.map((sheet) => new Figure(sheet));
    this.stages.replaceChildren(...this.figures.map((figure) => figure.element));
    this.dialog.showModal();
    this.#show(place);
  }

  #show(place) {
    this.place = place;
    this.count.textContent = `${place + 1} of ${this.most}`;
    for (const figure of this.figures) figure.show(place);
  }

  #go(step) {
    this.#show((this.place + step + this.most) % this.most);
  }

  #zoom(steps) {
    for (const { stage } of this.figures) steps ? stage.zoomBy(steps) : stage.fit();
  }

  #pan(x, y) {
    for (const { stage } of this.figures) stage.panBy(x, y);
  }

  #key(event) {
    event.stopPropagation(); // the page has keys of its own
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const plain = {
      ArrowLeft: () => this.#go(-1),
      ArrowRight: () => this.#go(1),
      "+": () => this.#zoom(1),
      "=": () => this.#zoom(1),
      "-": () => this.#zoom(-1),
      0: () => this.#zoom(0),
    };
    const shifted = {
      ArrowLeft: () => this.#pan(-1, 0),
      ArrowRight: () => this.#pan(1, 0),
      ArrowUp: () => this.#pan(0, -1),
      ArrowDown: () => this.#pan(0, 1),
    };
    const action = (event.shiftKey && shifted[event.key]) || plain[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}

// The image of one class, with its caption.
class Figure {
  constructor(sheet) {
    this.sheet = sheet;
    this.element = make("figure", "");
    const box = make("div", "stage");
    this.caption = make("figcaption", "");
    this.element.append(box, this.caption);
    this.stage = new Stage(box, () => {});
  }

  async show(place) {
    this.place = place;
    const { images, name } = this.sheet;
    const item = images[place];
    this.caption.textContent = item ? name : `${name}: only ${images.length} images`;
    const picture = item ? await load(item.large) : null;
    if (this.place !== place) return; // another one has been asked for meanwhile
    if (picture) picture.alt = `${name}, image ${place + 1}`;
    else if (item) this.caption.textContent = `${name}: this image did not load`;
    this.stage.show(picture, item);
    if (images[place + 1]) load(images[place + 1].large);
  }
}

async function load(src) {
  const image = new Image();
  image.src = src;
  image.draggable = false;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  }
}

function make(tag, className) {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

function button(text, key, action) {
  const element = make("button", "");
  const shown = document.createElement("kbd");
  shown.textContent = key;
  element.type = "button";
  element.append(`${text} `, shown);
  element.addEventListener("click", action);
  return element;
}
