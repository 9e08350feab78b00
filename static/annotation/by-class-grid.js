// The images of a page as tiles, with what is held of each.

import { byId, make, setText } from "./review-view.js";

const SMALL_ENOUGH = 400; // device pixels up to which a rendition of 320 looks well

const SIZES = ["S", "M", "L"];
const REMEMBERED = "tusker.tile-size";

export class TileGrid {
  // pictures: the Pictures that the tiles are taken from. onResize() follows when the tiles have
  // got another size.
  constructor(list, pictures, question, onResize) {
    Object.assign(this, { list, pictures });
    this.answers = new Map(question.answers.map((answer) => [answer.name, answer]));
    this.template = byId("tile");
    this.shown = "";
    this.#size(localStorage.getItem(REMEMBERED) ?? "M");
    new ResizeObserver(() => {
      const before = this.rendition;
      this.#measure();
      if (this.rendition !== before) onResize();
    }).observe(list);
  }

  // One step larger or smaller, or to a size by its name.
  resize(to) {
    const place = SIZES.indexOf(this.list.dataset.size) + to;
    this.#size(SIZES.includes(to) ? to : (SIZES[place] ?? this.list.dataset.size));
    localStorage.setItem(REMEMBERED, this.list.dataset.size);
  }

  #size(size) {
    this.list.dataset.size = size;
    for (const button of byId("sizes").children) {
      button.setAttribute("aria-pressed", String(button.dataset.size === size));
    }
    this.#measure();
  }

  // How many tiles stand in a row, and which rendition is sharp enough at this size.
  #measure() {
    const columns = getComputedStyle(this.list).gridTemplateColumns.split(" ");
    this.across = columns.length;
    this.rendition = parseFloat(columns[0]) * devicePixelRatio > SMALL_ENOUGH ? "large" : "src";
  }

  picture(tile) {
    return tile.src && this.pictures.want(tile[this.rendition]);
  }

  isSeen(tile) {
    return Boolean(tile.src && this.picture(tile).decoded);
  }

  // Puts the tiles of a page in place, and says whether they were not there before.
  build(page) {
    const shown = page ? `${page.turn} ${page.tiles.map((tile) => tile.uid)}` : "";
    if (shown === this.shown) return false;
    this.shown = shown;
    this.list.replaceChildren(...(page?.tiles ?? []).map((tile, place) => this.#tile(tile, place)));
    return true;
  }

  // Resolves when each picture either can be shown or has failed.
  settled(page) {
    return Promise.all(page.tiles.map((tile) => tile.src && this.picture(tile).ready));
  }

  // answerTo(tile): { name, isProposed } or null.
  update(page, cursor, answerTo) {
    const count = page?.tiles.length ?? 0;
    page?.tiles.forEach((tile, place) => {
      const element = this.list.children[place];
      const answer = answerTo(tile);
      const look = { tile, answer, known: this.answers.get(answer?.name), picture: this.picture(tile) };
      this.#fill(element, look);
      const face = element.querySelector(".tile-face");
      face.setAttribute("aria-label", `Image ${place + 1} of ${count}: ${this.#spoken(look)}`);
      this.#point(element, face, place === cursor);
    });
    this.#reveal(cursor);
  }

  speak(page, cursor, answerTo) {
    const tile = page.tiles[cursor];
    const answer = answerTo(tile);
    const look = { tile, answer, known: this.answers.get(answer?.name), picture: this.picture(tile) };
    return `Image ${cursor + 1} of ${page.tiles.length}: ${this.#spoken(look)}`;
  }

  #tile(tile, place) {
    const element = this.template.content.firstElementChild.cloneNode(true);
    element.querySelector(".tile-zoom").setAttribute("aria-label", `Look closer at image ${place + 1}`);
    element.classList.toggle("has-no-picture", !tile.src);
    return element;
  }

  #fill(element, { tile, answer, known, picture }) {
    const face = element.querySelector(".tile-face");
    if (picture && picture.image.parentElement !== face) {
      face.querySelector("img")?.remove();
      picture.image.alt = "";
      face.prepend(picture.image);
    }
    element.dataset.answer = answer?.name ?? "";
    element.classList.toggle("is-proposed", Boolean(answer?.isProposed));
    element.classList.toggle("is-problematic", tile.problematic);
    element.classList.toggle("is-broken", Boolean(picture?.failed));
    setText(element.querySelector(".tile-answer"), known?.icon ?? "");
    setText(element.querySelector(".tile-note"), noteOn(tile, picture));
    setText(element.querySelector(".tile-comments"), tile.comments.length ? `✎ ${tile.comments.length}` : "");
  }

  #point(element, face, isCurrent) {
    element.classList.toggle("is-current", isCurrent);
    face.tabIndex = isCurrent ? 0 : -1;
    if (!isCurrent) return face.removeAttribute("aria-current");
    face.setAttribute("aria-current", "true");
    // Whoever walks the tiles by Tab stays on the marked one.
    if (this.list.contains(document.activeElement)) face.focus({ preventScroll: true });
    return undefined;
  }

  #spoken({ tile, answer, known, picture }) {
    const note = noteOn(tile, picture);
    if (!answer) return note || "not judged";
    return `${known.text}${answer.isProposed ? ", not marked" : ""}${note ? `, ${note}` : ""}`;
  }

  #reveal(cursor) {
    const scroller = this.list.parentElement;
    if (cursor === 0) scroller.scrollTop = 0;
    else this.list.children[cursor]?.scrollIntoView({ block: "nearest" });
  }
}

function noteOn(tile, picture) {
  if (tile.problematic) return `⚠ ${tile.reason || "Problematic"}`;
  if (!tile.src) return "No picture";
  return picture.failed ? "Did not load" : "";
}
