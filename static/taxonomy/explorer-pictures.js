// Pictures of nodes, cut from sheets of thumbnails.
//
// thumbs: null, or { url: "/…/{sheet}.webp", tile: 64, columns: 20, per_sheet: 400, has: [class
// indices that have one] }. The tile of a class is at the place of its index, row by row, sheet
// after sheet.

// The part of a step's classes that have a picture where pictures stand for all of them.
const TOLD_PART = 0.8;

export class Pictures {
  #sheets = new Map();
  #told = new Map();

  // onArrival() is called when a sheet that was asked for can be drawn.
  constructor(hierarchy, thumbs, onArrival) {
    this.hierarchy = hierarchy;
    this.thumbs = thumbs;
    this.has = new Set(thumbs?.has ?? []);
    this.onArrival = onArrival;
  }

  get none() {
    return this.has.size === 0;
  }

  // Class indices, at most four.
  of(step) {
    return this.hierarchy.picturesOf(step.id, this.has);
  }

  // How high the picture of a step is in a square: two stand side by side.
  heightOf(step, side) {
    return this.of(step).length === 2 ? side / 2 : side;
  }

  // Whether the classes below a step are told by their pictures: nearly all have one.
  tell(step) {
    if (!this.#told.has(step.id)) {
      const pictured = step.leaves.filter((leaf) => this.has.has(leaf.node.index)).length;
      this.#told.set(step.id, pictured >= TOLD_PART * step.leaves.length);
    }
    return this.#told.get(step.id);
  }

  #place(index) {
    const { url, tile, columns, per_sheet: size } = this.thumbs;
    const within = index % size;
    return {
      url: url.replace("{sheet}", Math.floor(index / size)),
      x: (within % columns) * tile,
      y: Math.floor(within / columns) * tile,
    };
  }

  // The sheet if it can be drawn, or else null. It is decoded aside, lest a frame waits for it.
  #sheet(url) {
    if (!this.#sheets.has(url)) this.#fetch(url);
    return this.#sheets.get(url);
  }

  async #fetch(url) {
    this.#sheets.set(url, null);
    const sheet = new Image();
    sheet.src = url;
    try {
      await sheet.decode();
    } catch {
      return; // its tiles stay empty
    }
    this.#sheets.set(url, sheet);
    this.onArrival();
  }

  // Draws the picture of a step into a square: one tile, or up to four as a mosaic. False if there
  // is none.
  draw(context, step, x, y, side) {
    const indices = this.of(step);
    const one = indices.length === 1;
    const part = one ? side : (side - 1) / 2;
    const shift = indices.length === 2 ? part / 2 : 0;
    indices.forEach((index, at) => {
      const left = x + (at % 2) * (part + 1);
      const top = y + shift + (at >> 1) * (part + 1);
      this.#drawTile(context, index, left, top, part);
    });
    return indices.length > 0;
  }

  #drawTile(context, index, x, y, side) {
    const place = this.#place(index);
    const sheet = this.#sheet(place.url);
    if (!sheet) return;
    const { tile } = this.thumbs;
    context.drawImage(sheet, place.x, place.y, tile, tile, x, y, side, side);
  }

  // The same as an element; what stands in for a missing picture is the initial.
  element(step, side) {
    const frame = document.createElement("span");
    frame.className = "explorer-picture";
    frame.setAttribute("aria-hidden", "true");
    const indices = this.of(step);
    const part = indices.length > 1 ? side / 2 : side;
    frame.append(...indices.map((index) => this.#tileElement(index, part)));
    if (!indices.length) frame.append(step.name.slice(0, 1).toUpperCase());
    frame.style.setProperty("--side", `${side}px`);
    if (step.hue !== null) frame.style.setProperty("--hue", step.hue.toFixed(0));
    return frame;
  }

  #tileElement(index, side) {
    const { tile, columns } = this.thumbs;
    const place = this.#place(index);
    const factor = side / tile;
    const element = document.createElement("span");
    Object.assign(element.style, {
      width: `${side}px`,
      height: `${side}px`,
      backgroundImage: `url("${place.url}")`,
      backgroundSize: `${columns * side}px auto`,
      backgroundPosition: `${-place.x * factor}px ${-place.y * factor}px`,
    });
    return element;
  }
}
