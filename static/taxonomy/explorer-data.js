// The hierarchy as the explorer walks it. The data is described in taxonomy/hierarchy.py.

import { fold } from "./class-search.js";

// How the hue circle is laid along the hierarchy, in degrees; and how much of a node's hue is its
// branch's, the rest being its own place within the branch.
const FIRST_HUE = 95;
const HUE_SPAN = 300;
const BRANCH_PART = 0.7;
// The largest part of all classes that makes a branch with a hue of its own; above it is grey.
const BRANCH_SPAN = 0.45;

export async function loadHierarchy(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`The hierarchy did not load (${response.status}).`);
  return new Hierarchy(await response.json());
}

// A node as it is reached on one way: a node with several parents has a step below each of them.
// Steps are made when they are first asked for, so only what is looked at is ever unfolded.
//
// `low` and `high` are its share of the whole height, 0 to 1: siblings share their parent's by the
// number of classes below them.
export class Step {
  #children = null;
  #leaves = null;

  constructor(hierarchy, chain, parent, place, low, high) {
    this.hierarchy = hierarchy;
    this.chain = chain;
    this.id = chain[chain.length - 1];
    this.node = hierarchy.nodes[this.id];
    this.isLeaf = this.node.children.length === 0;
    this.parent = parent;
    this.place = place;
    this.depth = parent ? parent.depth + 1 : 0;
    this.low = low;
    this.high = high;
    const middle = (low + high) / 2;
    this.branch = parent?.branch ?? (high - low <= BRANCH_SPAN ? middle : null);
    this.hue = this.branch === null ? null : hueAt(this.branch, middle);
  }

  get name() {
    return this.node.names[0];
  }

  // Names of what is folded into it, from the top.
  get folded() {
    return this.chain.slice(0, -1).map((id) => this.hierarchy.nodes[id].names[0]);
  }

  get children() {
    this.#children ??= this.#unfold();
    return this.#children;
  }

  get siblings() {
    return this.parent ? this.parent.children : [this];
  }

  // From the root down to it.
  get way() {
    const way = [];
    for (let step = this; step; step = step.parent) way.unshift(step);
    return way;
  }

  // Text that `Hierarchy.find` leads back to this step: "" for the root, else the keys of the way.
  get address() {
    const { nodes } = this.hierarchy;
    const keys = this.way.slice(1).map((step) => nodes[step.chain[0]].key);
    return keys.map(encodeURIComponent).join("/");
  }

  // The children without children of their own, which come last.
  get leaves() {
    this.#leaves ??= this.children.filter((child) => child.isLeaf);
    return this.#leaves;
  }

  holds(low, high) {
    return this.low <= low && high <= this.high;
  }

  // The child at a height, or undefined; see `low`.
  childAt(height) {
    const found = this.children[firstBelow(this.children, height)];
    return found && found.low <= height ? found : undefined;
  }

  #unfold() {
    const { nodes } = this.hierarchy;
    const chains = this.node.children;
    const counts = chains.map((chain) => nodes[chain[chain.length - 1]].count);
    // A class that has kinds of its own keeps a share for itself, which stays empty.
    const own = this.node.index === null ? 0 : 1;
    const unit = (this.high - this.low) / counts.reduce((sum, count) => sum + count, own);
    let taken = 0;
    return chains.map((chain, place) => {
      const low = this.low + taken * unit;
      taken += counts[place];
      return new Step(this.hierarchy, chain, this, place, low, this.low + taken * unit);
    });
  }
}

function hueAt(branch, middle) {
  const along = BRANCH_PART * branch + (1 - BRANCH_PART) * middle;
  return (FIRST_HUE + HUE_SPAN * along) % 360;
}

// The position of the first step that ends below a height.
export function firstBelow(steps, height) {
  let from = 0;
  let to = steps.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (steps[middle].high <= height) from = middle + 1;
    else to = middle;
  }
  return from;
}

export class Hierarchy {
  #levels = new Map();
  #entrances = null;
  #pictures = new Map();

  constructor(data) {
    this.taxonomy = data.taxonomy;
    this.nodes = data.nodes;
    this.root = new Step(this, data.root, null, 0, 0, 1);
    this.size = this.root.node.count;
  }

  // How many levels there are at and below a node.
  levels(id) {
    if (!this.#levels.has(id)) {
      const below = this.nodes[id].children.map((chain) => this.levels(chain[chain.length - 1]));
      this.#levels.set(id, 1 + below.reduce((most, levels) => Math.max(most, levels), 0));
    }
    return this.#levels.get(id);
  }

  // Where a node can be entered: { parent, place } for each node that it stands below, those on
  // the shortest ways from the root first.
  entrances(id) {
    this.#entrances ??= this.#findEntrances();
    return this.#entrances.get(id) ?? [];
  }

  #findEntrances() {
    const entrances = new Map([[this.root.id, []]]);
    const waiting = [this.root.id];
    for (const parent of waiting) {
      this.nodes[parent].children.forEach((chain, place) => {
        const id = chain[chain.length - 1];
        if (!entrances.has(id)) {
          entrances.set(id, []);
          waiting.push(id);
        }
        entrances.get(id).push({ parent, place });
      });
    }
    return entrances;
  }

  // The step of a node on the shortest way.
  stepOf(id) {
    const [entrance] = this.entrances(id);
    return entrance ? this.stepOf(entrance.parent).children[entrance.place] : this.root;
  }

  stepOfClass(index) {
    const id = this.nodes.findIndex((node) => node.index === index);
    return id < 0 ? null : this.stepOf(id);
  }

  // The same node below its other parents.
  elsewhere(step) {
    return this.entrances(step.id)
      .filter(({ parent, place }) => parent !== step.parent?.id || place !== step.place)
      .map(({ parent, place }) => this.stepOf(parent).children[place]);
  }

  // The step with this address, in which the keys of nodes that are folded away may stand as well.
  // Where the way leads nowhere (any more), the shortest way to the node named last; null if there
  // is no such node. A single key is enough for an address.
  find(address) {
    const keys = address.split("/").filter(Boolean).map(decode);
    let step = this.root;
    for (const key of keys) {
      if (step?.chain.some((id) => this.nodes[id].key === key)) continue;
      step = step?.children.find((child) => this.nodes[child.chain[0]].key === key);
    }
    return step ?? this.#findKey(keys.at(-1));
  }

  #findKey(key) {
    const named = this.nodes.findIndex((node) => node.key === key);
    if (named < 0) return null;
    if (this.root.chain.includes(named)) return this.root;
    if (this.entrances(named).length) return this.stepOf(named);
    for (const [id, entrances] of this.#entrances) {
      for (const { parent, place } of entrances) {
        if (this.nodes[parent].children[place].includes(named)) return this.stepOf(id);
      }
    }
    return null;
  }

  // The classes whose pictures stand for a node: itself, or the first from each child in turn, at
  // most four.
  picturesOf(id, has) {
    if (!this.#pictures.has(id)) this.#pictures.set(id, this.#choosePictures(id, has));
    return this.#pictures.get(id);
  }

  #choosePictures(id, has) {
    const node = this.nodes[id];
    if (has.has(node.index)) return [node.index];
    const chosen = new Set();
    const below = node.children.map((chain) => chain[chain.length - 1]);
    for (let turn = 0; turn < 4 && chosen.size < 4; turn += 1) {
      for (const child of below) {
        const picture = this.picturesOf(child, has)[turn];
        if (picture !== undefined && chosen.size < 4) chosen.add(picture);
      }
    }
    return [...chosen];
  }
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// The sibling that typed letters lead to: the next one with a name that begins so, from the start
// again after the last; a single letter leaves the present one.
export function typedAhead(steps, present, typed) {
  const text = fold(typed);
  if (!text) return null;
  const from = steps.indexOf(present) + (text.length === 1 ? 1 : 0);
  const ordered = [...steps.slice(Math.max(from, 0)), ...steps.slice(0, Math.max(from, 0))];
  const begins = (step) => step.node.names.some((name) => fold(name).startsWith(text));
  return ordered.find((step) => fold(step.name).startsWith(text)) ?? ordered.find(begins) ?? null;
}
