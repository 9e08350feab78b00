// Draws a view of the hierarchy on a canvas.

import { LINE_HEIGHT, eachVisible, gridOf } from "./explorer-geometry.js";

const PAD = 7;
const LINE = 17;
const HUE_STEP = 6;
const COUNT = /^[\d,]+( class(es)?)?$/;
// From these sizes on, in CSS pixels, there is room for …
const FOR_NAME = { width: 56, height: LINE_HEIGHT };
const FOR_UPRIGHT_NAME = { width: 14, height: 64 };
const FOR_UPRIGHT_PICTURE = { width: 28, height: 160 };
const FOR_PICTURE = { width: 84, height: 22 };
const FOR_STACK = { width: 84, height: 118 };
const LARGEST_PICTURE = 96;
// The part of a line that a picture may take.
const PICTURE_PART = 0.3;

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
    fills: [],
    name: `600 13px ${value("--font")}`,
    leafName: `500 13px ${value("--font")}`,
    small: `12px ${value("--font")}`,
  };
}

// The fill of a step's cell: the hue of its branch, paler for classes.
export function fillOf(theme, step) {
  if (step.hue === null) return `oklch(${theme.neutral})`;
  const hue = Math.round(step.hue / HUE_STEP) * HUE_STEP;
  theme.fills[hue] ??= [`oklch(${theme.inner} ${hue})`, `oklch(${theme.leaf} ${hue})`];
  return theme.fills[hue][step.isLeaf ? 1 : 0];
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

  // `marked` is outlined, `pointed` (or null) too, but lightly. Grids of pictures are left out while
  // the view moves, since they would be laid out anew in every frame.
  draw(view, marked, pointed, moving) {
    const { context, width, height, theme } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.fillStyle = theme.background;
    context.fillRect(0, 0, width, height);
    this.filled = null;
    const labelled = [];
    const grids = [];
    const boxes = new Map();
    eachVisible(this.hierarchy, view, width, height, (step, box) => {
      this.#fill(step, box);
      if (box.y1 - box.y0 >= FOR_NAME.height) labelled.push([step, box]);
      if (step === marked || step === pointed) boxes.set(step, box);
      const grid = moving || box.tiny || !this.pictures.tell(step) ? null : gridOf(step, view, width);
      if (grid) grids.push(grid);
    });
    context.textBaseline = "middle";
    for (const grid of grids) this.#grid(grid, pointed, boxes);
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
    const fill = fillOf(this.theme, step);
    // Setting it costs more than the rectangle.
    if (fill !== this.filled) context.fillStyle = this.filled = fill;
    context.fillRect(left, top, right - left - (right < this.width ? 1 : 0), bottom - top);
  }

  // The pictures of classes in the place of their lines.
  #grid({ steps, x, y, height: gridHeight, side, columns }, pointed, boxes) {
    const { context, theme, width, height } = this;
    const rows = Math.ceil(steps.length / columns);
    context.fillStyle = fillOf(theme, steps[0]);
    context.fillRect(x, y, width - x, Math.max(gridHeight, rows * side));
    const first = Math.max(Math.floor(-y / side), 0) * columns;
    const last = Math.min(Math.ceil((height - y) / side) * columns, steps.length);
    for (let at = first; at < last; at += 1) {
      const left = x + (at % columns) * side;
      const top = y + Math.floor(at / columns) * side;
      this.#picture(steps[at], left, top, side - 1);
      if (steps[at] === pointed) {
        boxes.set(pointed, { x0: left, x1: left + side, y0: top, y1: top + side });
      }
    }
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
    const { context, theme } = this;
    const width = box.x1 - box.x0;
    const height = box.y1 - box.y0;
    const pictured = this.pictures.of(step).length && fits(width, height, FOR_UPRIGHT_PICTURE);
    const side = pictured ? width - 6 : 0;
    const length = Math.min(this.#measure(step.name, theme.small), height - side - 3 * PAD);
    const top = (box.y0 + box.y1 - side - length - PAD) / 2;
    if (pictured) this.#picture(step, box.x0 + 3, top, side);
    context.save();
    context.translate((box.x0 + box.x1) / 2, top + side + PAD + length);
    context.rotate(-Math.PI / 2);
    this.#write(step.name, 0, 0, length, theme.small, theme.text);
    context.restore();
  }

  // Picture, name and number under one another, in the middle of a large cell.
  #stack(step, box) {
    const { theme } = this;
    const room = box.x1 - box.x0 - 2 * PAD;
    const lines = this.#wrapped(step.name, room, theme.name);
    const folded = step.folded.length ? [`${step.folded.join(" › ")} ›`] : [];
    const text = LINE * (lines.length + 1 + folded.length);
    const free = box.y1 - box.y0 - text - 4 * PAD;
    const side = this.pictures.of(step).length ? Math.min(LARGEST_PICTURE, room, free) : 0;
    const tall = this.pictures.heightOf(step, side);
    const x = box.x0 + PAD;
    const top = (box.y0 + box.y1 - text - (side ? tall + PAD : 0)) / 2;
    if (side) this.#picture(step, x, top - (side - tall) / 2, side);
    this.#lines(x, top + (side ? tall + PAD : 0), room, [
      ...folded.map((line) => [line, theme.small, theme.muted]),
      ...lines.map((line) => [line, theme.name, theme.text]),
      [countText(step.node.count), theme.small, theme.muted],
    ]);
  }

  // Picture, name and number, or for a class what it is, in as many lines as there is room for.
  #row(step, box) {
    const { theme } = this;
    const width = box.x1 - box.x0;
    const height = box.y1 - box.y0;
    const middle = (box.y0 + box.y1) / 2;
    let x = box.x0 + PAD;
    const pictured = step.isLeaf ? !this.pictures.none : this.pictures.of(step).length;
    if (pictured && fits(width, height, FOR_PICTURE)) {
      const side = Math.min(height - 4, LARGEST_PICTURE, width * PICTURE_PART);
      const inset = Math.min((height - side) / 2, PAD);
      this.#picture(step, box.x0 + inset, middle - side / 2, side);
      x = box.x0 + inset + side + PAD;
    }
    const room = box.x1 - PAD - x;
    const font = step.isLeaf ? theme.leafName : theme.name;
    const names = height >= 3 * LINE + 6 ? this.#wrapped(step.name, room, font) : [step.name];
    const second = step.isLeaf ? step.node.definition : countText(step.node.count);
    const lines = names.map((line) => [line, font, theme.text]);
    if (second && height >= LINE * (lines.length + 1) + 4) {
      lines.push([second, theme.small, theme.muted]);
      this.#lines(x, middle - (LINE * lines.length) / 2, room, lines);
      return;
    }
    const end = x + this.#write(step.name, x, middle, room, font, theme.text) + PAD;
    const short = step.isLeaf ? second : numberText(step.node.count);
    this.#write(short, end, middle, box.x1 - PAD - end, theme.small, theme.muted);
  }

  #lines(x, top, room, lines) {
    lines.forEach(([words, font, colour], at) => {
      this.#write(words, x, top + LINE * (at + 0.5), room, font, colour);
    });
  }

  // What stands in for a missing picture is the initial.
  #picture(step, x, y, side) {
    const { context, theme } = this;
    if (this.pictures.draw(context, step, x, y, side)) return;
    context.fillStyle = fillOf(theme, step.isLeaf && step.parent ? step.parent : step);
    context.fillRect(x, y, side, side);
    context.textAlign = "center";
    const font = side < 24 ? theme.small : theme.name;
    this.#write(step.name.slice(0, 1).toUpperCase(), x + side / 2, y + side / 2, side, font, theme.muted);
    context.textAlign = "left";
  }

  // Writes as much of a text as has room and returns its width. Numbers are not cut short.
  #write(text, x, y, room, font, colour) {
    const { context } = this;
    const full = this.#measure(text, font);
    const words = full > room ? this.#cut(text, full, room, font) : text;
    if (!words) return 0;
    context.font = font;
    context.fillStyle = colour;
    context.fillText(words, x, y);
    return Math.min(full, room);
  }

  #cut(text, full, room, font) {
    if (COUNT.test(text)) return "";
    let kept = Math.floor((text.length * room) / full) - 1;
    const words = () => `${text.slice(0, kept).trimEnd()}…`;
    while (kept >= 2 && this.#measure(words(), font) > room) kept -= 1;
    return kept >= 2 ? words() : "";
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

const numbers = new Intl.NumberFormat("en");

export const numberText = (number) => numbers.format(number);

export function countText(count) {
  return count === 1 ? "1 class" : `${numberText(count)} classes`;
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
