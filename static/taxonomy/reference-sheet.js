// <reference-sheet>: the reference images of a class, cut out of one contact sheet.
//
// One tab stop; arrow keys, Home and End go from image to image, Enter or a click opens the viewer.
// Sheets within an element that has `data-compare` go together: the image with the same number is
// marked in all of them, and the viewer shows one of each. For the attributes see
// templates/taxonomy/_reference_sheet.html.

import { Viewer } from "./reference-viewer.js";

let viewer = null;

class ReferenceSheet extends HTMLElement {
  connectedCallback() {
    if (this.tiles) return;
    this.name = this.dataset.name;
    const all = JSON.parse(this.dataset.images);
    this.images = [];
    this.tiles = [];
    this.#show(all.slice(0, this.dataset.most));
    if ("more" in this.dataset && this.images.length < all.length) this.#offer(all);
    this.pointAt(0);
    this.#load();
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => this.#withPlace(event, (place) => this.#open(place)));
    this.addEventListener("focusin", (event) => this.#withPlace(event, (place) => this.#mark(place)));
    this.addEventListener("pointerover", (event) =>
      this.#withPlace(event, (place) => this.#mark(place)),
    );
  }

  // Adds images behind those shown.
  #show(images) {
    const from = this.images.length;
    for (const [id, width, height] of images) {
      const [large, original] = ["large", "original"].map((rendition) => this.#address(id, rendition));
      this.images.push({ large, original, width, height });
    }
    this.tiles.push(...images.map(() => this.#tile()));
    this.append(...this.tiles.slice(from));
    for (const [place, tile] of this.tiles.entries()) {
      tile.setAttribute("aria-label", `${this.name}, image ${place + 1} of ${this.images.length}`);
    }
  }

  // A button that shows the others too.
  #offer(all) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reference-more quiet";
    button.textContent = `Show all ${all.length}`;
    button.addEventListener("click", () => {
      const from = this.images.length;
      button.remove();
      this.#show(all.slice(from));
      if (this.classList.contains("is-loaded")) this.#paint();
      this.tiles[from].focus();
    });
    this.append(button);
  }

  // Make the image the one that Tab reaches.
  pointAt(place) {
    for (const tile of this.querySelectorAll('[tabindex="0"]')) tile.tabIndex = -1;
    const tile = this.tiles[Math.min(place, this.tiles.length - 1)];
    if (tile) tile.tabIndex = 0;
  }

  get companions() {
    const all = this.closest("[data-compare]")?.querySelectorAll("reference-sheet");
    return all ? [...all] : [this];
  }

  #address(id, rendition) {
    return this.dataset.imageUrl.replace("{image}", id).replace("{rendition}", rendition);
  }

  #tile() {
    const tile = document.createElement("button");
    tile.type = "button";
    tile.className = "reference-tile";
    tile.tabIndex = -1;
    return tile;
  }

  // The sheet is one request; each tile shows its part of it.
  async #load() {
    const sheet = new Image();
    sheet.src = this.dataset.url;
    try {
      await sheet.decode();
    } catch {
      this.classList.add("has-failed");
      const message = document.createElement("p");
      message.textContent = "The images did not load. Reload the page to try again.";
      this.prepend(message);
      return;
    }
    this.#paint();
    this.classList.add("is-loaded");
  }

  #paint() {
    const { url, columns, rows } = this.dataset;
    const share = (number, of) => (of > 1 ? (number / (of - 1)) * 100 : 0);
    for (const [place, tile] of this.tiles.entries()) {
      const [row, column] = [Math.floor(place / columns), place % columns];
      Object.assign(tile.style, {
        backgroundImage: `url("${url}")`,
        backgroundSize: `${columns * 100}% ${rows * 100}%`,
        backgroundPosition: `${share(column, columns)}% ${share(row, rows)}%`,
      });
    }
  }

  #withPlace(event, action) {
    const place = this.tiles.indexOf(event.target.closest(".reference-tile"));
    if (place >= 0) action(place);
  }

  #key(event) {
    const place = this.tiles.indexOf(event.target);
    if (place < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const across = this.#across();
    const steps = {
      ArrowLeft: place - 1,
      ArrowRight: place + 1,
      ArrowUp: place - across,
      ArrowDown: place + across,
      Home: 0,
      End: this.tiles.length - 1,
    };
    // What a button does with these keys is wanted; the page's own keys are not.
    if (event.key === "Enter" || event.key === " ") event.stopPropagation();
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    this.tiles[steps[event.key]]?.focus();
  }

  // How many tiles stand in a row, as the page is laid out now.
  #across() {
    const top = this.tiles[0].offsetTop;
    const below = this.tiles.findIndex((tile) => tile.offsetTop > top);
    return below < 0 ? this.tiles.length : below;
  }

  #mark(place) {
    for (const sheet of this.companions) {
      sheet.querySelector(".is-marked")?.classList.remove("is-marked");
      if (sheet !== this) sheet.tiles[place]?.classList.add("is-marked");
      sheet.pointAt(place);
    }
  }

  #open(place) {
    viewer ??= new Viewer();
    viewer.open(this.companions, place, (last) => {
      this.tiles[Math.min(last, this.tiles.length - 1)].focus();
    });
  }
}

customElements.define("reference-sheet", ReferenceSheet);
