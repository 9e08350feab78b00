// Where steps are drawn. A column per depth, from left to right; heights by number of classes.
//
// A view shows a window { low, high } of the whole height, and the column of its root at the left
// edge, after a strip that leads back to what is above it. Screen: x = edges[depth], y = scale *
// height + shift; all in CSS pixels. Views are interpolated edge by edge, which keeps them smooth.

import { firstBelow } from "./explorer-data.js";

export const STRIP = 26;
// As many columns as can hold a name; deeper ones share what is left of the width.
const NAME_WIDTH = 150;
const MOST_NAMED = 6;
const NAMED_PART = 0.78;
// Nodes above classes need no more; classes have the rest.
const INNER_WIDTH = 220;
// A column that holds little more than one node, because that holds nearly all, can be narrow.
const TRUNK_PART = 0.9;
const TRUNK_WIDTH = 44;
// Pictures of classes that are too low for a line of their own; see `gridOf`.
const LEAST_TILE = 16;
const LARGEST_TILE = 56;
export const LINE_HEIGHT = 14;
// A step under the cursor is shown at least so high.
const ROW = 28;
// So many classes, or what shares as much height, fill the lowest window; see `zoomed`.
const LEAST_CLASSES = 3;

// The window that shows the whole root, or as much of it as lets the step be read.
export function windowAround(step, root, height) {
  const whole = root.high - root.low;
  const own = step.high - step.low;
  const size = Math.min(whole, Math.max((own * height) / ROW, 1e-12));
  if (step === root || size >= whole) return { low: root.low, high: root.high };
  return clamped((step.low + step.high - size) / 2, size, root);
}

function clamped(low, size, root) {
  const from = Math.min(Math.max(low, root.low), Math.max(root.high - size, root.low));
  return { low: from, high: Math.min(from + size, root.high) };
}

// The window after moving by a part of its size, within the root.
export function panned(window, part, root) {
  const size = window.high - window.low;
  return clamped(window.low + part * size, size, root);
}

// The window scaled about a place in it (0 top, 1 bottom), within the hierarchy.
export function zoomed(window, factor, place, hierarchy) {
  const size = window.high - window.low;
  const least = Math.min(size, LEAST_CLASSES / hierarchy.size);
  const wanted = Math.min(1, Math.max(size * factor, least));
  return clamped(window.low + (size - wanted) * place, wanted, hierarchy.root);
}

// The lowest step on the way of `near` that holds a window, then on from child to child.
export function rootOf(window, near) {
  let root = near;
  while (root.parent && !root.holds(window.low, window.high)) root = root.parent;
  for (let next = root; next && !next.isLeaf; ) {
    root = next;
    next = root.childAt((window.low + window.high) / 2);
    if (!next?.holds(window.low, window.high)) break;
  }
  return root;
}

export function makeView(root, window, width, height) {
  const scale = height / (window.high - window.low);
  return { edges: columnEdges(root, width), scale, shift: -window.low * scale };
}

function columnEdges(root, width) {
  const { hierarchy, depth } = root;
  const last = hierarchy.levels(hierarchy.root.id) + 1;
  const left = depth > 0 ? STRIP : 0;
  const widths = columnWidths(hierarchy.levels(root.id), trunkOf(root), width - left);
  const edges = new Float64Array(last + 1);
  edges[depth] = left;
  for (let at = depth - 1; at >= 0; at -= 1) edges[at] = edges[at + 1] - STRIP;
  for (let at = depth; at < last; at += 1) edges[at + 1] = edges[at] + (widths[at - depth] ?? STRIP);
  return edges;
}

// How many columns from the root's on hold next to nothing but one node.
function trunkOf(root) {
  let step = root;
  let columns = 0;
  const main = (child) => child.node.count >= TRUNK_PART * step.node.count;
  for (let next = step.children.find(main); next && !next.isLeaf; next = step.children.find(main)) {
    step = next;
    columns += 1;
  }
  return columns;
}

function columnWidths(levels, trunk, room) {
  const most = (left) => Math.max(2, Math.min(MOST_NAMED, Math.floor(left / NAME_WIDTH)));
  if (levels <= most(room)) {
    const width = Math.min(INNER_WIDTH, room / levels);
    return [...Array(levels - 1).fill(width), room - (levels - 1) * width];
  }
  const stem = Math.min(TRUNK_WIDTH, room / 12);
  const left = room - trunk * stem;
  const named = Math.min(most(left * NAMED_PART), levels - trunk);
  const narrow = levels - trunk - named;
  const wide = (left * (narrow ? NAMED_PART : 1)) / named;
  const rest = narrow ? (left * (1 - NAMED_PART)) / narrow : 0;
  return [...Array(trunk).fill(stem), ...Array(named).fill(wide), ...Array(narrow).fill(rest)];
}

// Classes below a step that are too low for a line each share their place as a grid of pictures:
// { steps, x, y, height, side, columns }. Null if lines are better or a picture would be too small.
export function gridOf(parent, view, width) {
  const steps = parent.leaves;
  if (!steps.length || (steps[0].high - steps[0].low) * view.scale >= LINE_HEIGHT) return null;
  const x = view.edges[parent.depth + 1] + 1;
  const y = steps[0].low * view.scale + view.shift + 1;
  const height = (steps.at(-1).high - steps[0].low) * view.scale - 1;
  const side = sideOf(steps.length, width - x, height);
  const columns = Math.floor((width - x) / side);
  return side < LEAST_TILE ? null : { steps, x, y, height, side, columns };
}

// The largest square of which so many have room.
function sideOf(count, width, height) {
  let rows = Math.max(Math.floor(Math.sqrt((count * height) / width)), 1);
  const side = (inRows) => Math.min(height / inRows, width / Math.ceil(count / inRows));
  if (side(rows + 1) > side(rows)) rows += 1;
  return Math.min(Math.floor(side(rows)), LARGEST_TILE);
}

export function between(from, to, part) {
  const mix = (a, b) => a + (b - a) * part;
  return {
    edges: from.edges.map((edge, depth) => mix(edge, to.edges[depth])),
    scale: mix(from.scale, to.scale),
    shift: mix(from.shift, to.shift),
  };
}

// The step at a point, or null; gridded(step) says whether the classes below it are drawn as a grid.
export function stepAt(hierarchy, view, x, y, width, gridded) {
  const height = (y - view.shift) / view.scale;
  let step = hierarchy.root;
  if (height < 0 || height >= 1) return null;
  while (step && !step.isLeaf && x >= view.edges[step.depth + 1]) step = step.childAt(height);
  const parent = step?.isLeaf ? step.parent : null;
  const grid = parent && gridded(parent) ? gridOf(parent, view, width) : null;
  return grid ? tileAt(grid, x, y) : (step ?? null);
}

function tileAt(grid, x, y) {
  const column = Math.floor((x - grid.x) / grid.side);
  const row = Math.max(Math.floor((y - grid.y) / grid.side), 0);
  const found = column < grid.columns ? grid.steps[row * grid.columns + column] : null;
  return found ?? grid.steps[0].parent;
}

// Calls visit(step, box) for everything that is seen, parents first; box: x0, x1, y0, y1, and
// whether it stands for all that is in its place, being too low to tell apart.
export function eachVisible(hierarchy, view, width, height, visit) {
  const { edges, scale, shift } = view;
  const waiting = [hierarchy.root];
  while (waiting.length) {
    const step = waiting.pop();
    const y0 = step.low * scale + shift;
    const y1 = step.high * scale + shift;
    const tiny = y1 - y0 < 1.25;
    const x0 = edges[step.depth];
    const x1 = step.isLeaf || tiny ? width : edges[step.depth + 1];
    if (x0 >= width) continue;
    if (x1 > 0) visit(step, { x0, x1, y0, y1, tiny });
    if (tiny || step.isLeaf) continue;
    const { children } = step;
    let at = firstBelow(children, -shift / scale);
    while (at < children.length && children[at].low * scale + shift < height) {
      waiting.push(children[at]);
      const end = children[at].high;
      // Of those that share a pixel, one is enough.
      const low = (end - children[at].low) * scale < 0.5;
      at = low ? Math.max(at + 1, firstBelow(children, end + 0.5 / scale)) : at + 1;
    }
  }
}
