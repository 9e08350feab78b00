// Draws a view of the hierarchy on a canvas.

import { eachVisible } from "./explorer-geometry.js";

const PAD = 7;
const LINE = 17;
const HUE_STEP = 6;
const COUNT = /^[\d,]+( class(es)?)?$/;
// From these sizes on, in CSS pixels, there is room for …
const FOR_NAME = { width: 44, height: 14 };
const FOR_UPRIGHT_NAME = { width: 15, height: 64 };
const FOR_PICTURE = { width: 84, height: 24 };
const FOR_STACK = { width: 84, height: 128 };
const LARGEST_ROW_PICTURE = 56;
const LARGEST_STACK_PICTURE = 96;

// Colours and fonts as the style sheet has them now; see explorer.css.
export function readTheme(element) {
  const style = getComputedStyle(element);
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    text: value("--text"),
    muted: value("--muted"),
    accent: value("--accent"),
    background: value("--bg"),
    inner: value("--cell-inner"),
    leaf: value("--cell-class"),
    neutral: value("--cell-neutral"),
    name: `600 13px ${value("--font")}`,
    leafName: `500 13px ${value("--font")}`,
    small: `12px ${value("--font")}`,
  };
}

// The fill of a step's cell: the hue of its branch, paler for classes.
export function fillOf(theme, step) {
  if (step.hue === null) return `oklch(${theme.neutral})`;
  const hue = Math.round(step.hue / HUE_STEP) * HUE_STEP;
  return `oklch(${step.isLeaf ? theme.leaf : theme.inner} ${hue})`;
}

export class Drawing {
  #widths = new Map();

  constructor(canvas, hierarchy, pictures) {
    this.canvas = canvas;
    this.hierarchy = hierarchy;
    this.pictures = pictures;
    this.context = canvas.getContext("2d", { alpha: false });
    this.retheme();
  }

  retheme() {
    this.theme = readTheme(this.canvas);
    this.#widths.clear();
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
  }

  // `marked` is outlined, `pointed` (or null) too, but lightly.
  draw(view, marked, pointed) {
    const { context, width, height, theme } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = theme.background;
    context.fillRect(0, 0, width, height);
    const labelled = [];
    const boxes = new Map();
    eachVisible(this.hierarchy, view, width, height, (step, box) => {
      this.#fill(step, box);
      if (box.y1 - box.y0 >= FOR_NAME.height) labelled.push([step, box]);
      if (step === marked || step === pointed) boxes.set(step, box);
    });
    context.textBaseline = "middle";
    for (const [step, box] of labelled) this.#label(step, seen(box, width, height));
    if (pointed && boxes.has(pointed)) this.#outline(boxes.get(pointed), theme.muted, 1.5);
    // The marked one may be too low to have been drawn.
    this.#outline(boxes.get(marked) ?? this.#boxOf(marked, view), theme.accent, 3);
  }

  #boxOf(step, { edges, scale, shift }) {
    const x1 = step.isLeaf ? this.width : edges[step.depth + 1];
    return { x0: edges[step.depth], x1, y0: step.low * scale + shift, y1: step.high * scale + shift };
  }

  #fill(step, { x0, x1, y0, y1, tiny }) {
    const { context, ratio } = this;
    const snap = (value) => Math.round(value * ratio) / ratio;
    const [left, right, top] = [snap(x0), snap(x1), snap(y0)];
    const gap = tiny || y1 - y0 < 3 ? 0 : 1;
    const bottom = Math.max(snap(y1) - gap, top + 1 / ratio);
    context.fillStyle = fillOf(this.theme, step);
    context.fillRect(left, top, right - left - (right < this.width ? 1 : 0), bottom - top);
  }

  #outline({ x0, x1, y0, y1 }, colour, line) {
    const { context, width } = this;
    const left = Math.max(x0, 0) + line / 2;
    const right = Math.min(x1 - 1, width) - line / 2;
    const top = Math.max(y0, 0) + line / 2;
    const bottom = Math.max(Math.min(y1 - 1, this.height) - line / 2, top + 1);
    if (right <= left || y1 < 0 || y0 > this.height) return;
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.beginPath();
    context.roundRect(left, top, right - left, bottom - top, 2);
    context.stroke();
  }

  #label(step, box) {
    const width = box.x1 - box.x0;
    const height = box.y1 - box.y0;
    if (width < FOR_NAME.width) {
      if (fits(width, height, FOR_UPRIGHT_NAME)) this.#upright(step, box);
    } else if (fits(width, height, FOR_STACK) && !step.isLeaf) {
      this.#stack(step, box);
    } else if (height >= FOR_NAME.height) {
      this.#row(step, box);
    }
  }

  #upright(step, box) {
    const { context } = this;
    context.save();
    context.translate((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    const room = box.y1 - box.y0 - 2 * PAD;
    this.#write(step.name, 0, 0, room, this.theme.small, this.theme.text);
    context.restore();
    context.textAlign = "left";
  }

  // Picture, name and number under one another, in the middle of a large cell.
  #stack(step, box) {
    const room = box.x1 - box.x0 - 2 * PAD;
    const height = box.y1 - box.y0;
    const lines = this.#wrapped(step.name, room, this.theme.name);
    const folded = step.folded.length ? `${step.folded.join(" › ")} ›` : "";
    const text = LINE * (lines.length + 1 + (folded ? 1 : 0));
    const side = this.pictures.none
      ? 0
      : Math.min(LARGEST_STACK_PICTURE, room, height - text - 4 * PAD);
    const x = box.x0 + PAD;
    let y = (box.y0 + box.y1 - text - (side ? side + PAD : 0)) / 2;
    if (side) {
      this.#picture(step, x, y, side);
      y += side + PAD;
    }
    const say = (words, font, colour) => {
      this.#write(words, x, y + LINE / 2, room, font, colour);
      y += LINE;
    };
    if (folded) say(folded, this.theme.small, this.theme.muted);
    for (const line of lines) say(line, this.theme.name, this.theme.text);
    say(countText(step.node.count), this.theme.small, this.theme.muted);
  }

  // Picture, name and number, or for a class what it is, in one line or two.
  #row(step, box) {
    const { theme } = this;
    const height = box.y1 - box.y0;
    const middle = (box.y0 + box.y1) / 2;
    let x = box.x0 + PAD;
    if (!this.pictures.none && fits(box.x1 - box.x0, height, FOR_PICTURE)) {
      const side = Math.min(height - 4, LARGEST_ROW_PICTURE);
      this.#picture(step, box.x0 + 3, middle - side / 2, side);
      x = box.x0 + 3 + side + PAD;
    }
    const room = box.x1 - PAD - x;
    const second = step.isLeaf ? step.node.definition : countText(step.node.count);
    const font = step.isLeaf ? theme.leafName : theme.name;
    if (height >= 2 * LINE + 6 && second) {
      this.#write(step.name, x, middle - LINE / 2, room, font, theme.text);
      this.#write(second, x, middle + LINE / 2, room, theme.small, theme.muted);
      return;
    }
    const end = x + this.#write(step.name, x, middle, room, font, theme.text) + PAD;
    const short = step.isLeaf ? second : step.node.count.toLocaleString("en");
    this.#write(short, end, middle, box.x1 - PAD - end, theme.small, theme.muted);
  }

  #picture(step, x, y, side) {
    const { context, theme } = this;
    if (this.pictures.draw(context, step, x, y, side)) return;
    context.textAlign = "center";
    this.#write(step.name.slice(0, 1).toUpperCase(), x + side / 2, y + side / 2, side, theme.name, theme.muted);
    context.textAlign = "left";
  }

  // Writes as much of a text as has room and returns its width. Numbers are not cut short.
  #write(text, x, y, room, font, colour) {
    const { context } = this;
    const full = this.#measure(text, font);
    let words = text;
    if (full > room) {
      const kept = Math.floor((text.length * room) / full) - 1;
      if (kept < 2 || COUNT.test(text)) return 0;
      words = `${text.slice(0, kept).trimEnd()}…`;
    }
    context.font = font;
    context.fillStyle = colour;
    context.fillText(words, x, y);
    return Math.min(full, room);
  }

  #measure(text, font) {
    const key = font + text;
    let width = this.#widths.get(key);
    if (width === undefined) {
      this.context.font = font;
      width = this.context.measureText(text).width;
      this.#widths.set(key, width);
    }
    return width;
  }

  // A name in one line, or in two if that shows more of it.
  #wrapped(name, room, font) {
    if (this.#measure(name, font) <= room) return [name];
    const words = name.split(" ");
    for (let cut = words.length - 1; cut > 0; cut -= 1) {
      const line = words.slice(0, cut).join(" ");
      if (this.#measure(line, font) <= room) return [line, words.slice(cut).join(" ")];
    }
    return [name];
  }
}

export function countText(count) {
  return count === 1 ? "1 class" : `${count.toLocaleString("en")} classes`;
}

function fits(width, height, least) {
  return width >= least.width && height >= least.height;
}

function seen({ x0, x1, y0, y1 }, width, height) {
  return {
    x0: Math.max(x0, 0),
    x1: Math.min(x1 - 1, width),
    y0: Math.max(y0, 0),
    y1: Math.min(y1 - 1, height),
  };
}
