// The hierarchy explorer: a zoomable drawing of the hierarchy, and a panel that says it in words.
//
//   const explorer = await mountExplorer(element, {
//     hierarchyUrl, classesUrl,
//     thumbs,                 // see explorer-pictures.js
//     start,                  // address of the node to begin with, see `Step.address`
//     onMove: (address) => …,
//     hrefOf: (address) => …, // makes links of what leads to other nodes
//     onPick: (index) => …,   // a class was picked
//     pickLabel, enterDoes,   // how the button and the line of keys call that
//     classHref: (index) => …,
//   });
//   explorer.focus(); explorer.destroy();
//
// All but the two addresses may be left out; without onPick no class can be picked.

import { attachWhenLoaded } from "./class-search.js";
import { Drawing, countText } from "./explorer-canvas.js";
import { loadHierarchy, typedAhead } from "./explorer-data.js";
import * as geometry from "./explorer-geometry.js";
import { Panel, make, showTreeItems } from "./explorer-panel.js";
import { Pictures } from "./explorer-pictures.js";
import { listenToPointer } from "./explorer-pointer.js";

const ZOOM_MS = 220;
const TYPING_MS = 800;
const PAGE = 10;
const KEYS = [
  ["↑ ↓", "beside"],
  ["→", "into"],
  ["←", "out"],
  ["Home", "top"],
  ["A…Z", "jump"],
  ["/", "search"],
];
let mounted = 0;

export async function mountExplorer(element, options) {
  const hierarchy = await loadHierarchy(options.hierarchyUrl);
  return new Explorer(element, hierarchy, options);
}

class Explorer {
  #abort = new AbortController();
  #typed = { text: "", at: 0 };
  #frame = 0;
  #motion = null;

  constructor(element, hierarchy, options) {
    this.element = element;
    this.hierarchy = hierarchy;
    this.options = options;
    this.pictures = new Pictures(hierarchy, options.thumbs, () => this.redraw());
    this.pointed = null;
    this.#build();
    this.drawing = new Drawing(this.canvas, hierarchy, this.pictures);
    this.panel = new Panel(this.panelElement, this.pictures, {
      goTo: (step, event) => this.#follow(step, event),
      hrefOf: (step) => options.hrefOf?.(step.address) ?? null,
      pick: options.onPick
        ? { label: options.pickLabel ?? "Choose this class", run: options.onPick, hrefOf: options.classHref }
        : null,
    });
    this.#fit();
    this.goTo(hierarchy.find(options.start ?? "") ?? hierarchy.root);
    this.#draw(performance.now());
    this.#listen();
    // After the frame has been painted.
    requestAnimationFrame(() => setTimeout(() => performance.mark("explorer-drawn")));
  }

  // --- Building

  #build() {
    mounted += 1;
    const id = `explorer-${mounted}`;
    this.canvas = make("canvas", "explorer-canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.tree = make("div", "explorer-tree");
    this.tree.id = `${id}-tree`;
    this.tree.tabIndex = 0;
    this.tree.setAttribute("role", "tree");
    this.tree.setAttribute("aria-label", `Hierarchy of ${this.hierarchy.taxonomy}`);
    this.tip = make("div", "explorer-tip");
    this.tip.hidden = true;
    this.tip.setAttribute("aria-hidden", "true");
    this.stage = make("div", "explorer-stage", this.canvas, this.tree, this.tip);
    this.panelElement = make("section", "explorer-panel");
    this.panelElement.setAttribute("aria-label", "The node that is marked");
    this.panelElement.tabIndex = 0;
    this.element.classList.add("explorer");
    this.element.replaceChildren(this.#searchField(id), this.stage, this.panelElement, this.#keyLine());
  }

  #searchField(id) {
    const label = make("label", "visually-hidden", "Find a class");
    label.htmlFor = `${id}-search`;
    this.search = make("input", "");
    Object.assign(this.search, { id: label.htmlFor, type: "search", placeholder: "Find a class …" });
    this.search.setAttribute("aria-keyshortcuts", "/");
    this.found = make("ul", "");
    return make("div", "explorer-search", label, this.search, make("kbd", "", "/"), this.found);
  }

  #keyLine() {
    const { onPick, enterDoes = "take the class" } = this.options;
    const keys = onPick ? [...KEYS, ["↵", enterDoes]] : KEYS;
    const line = make("p", "explorer-keys");
    for (const [key, does] of keys) {
      const caps = key.split(" ").map((cap) => make("kbd", "", cap));
      line.append(make("span", "", ...caps, ` ${does}`));
    }
    return line;
  }

  #listen() {
    const { signal } = this.#abort;
    this.tree.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.element.addEventListener("keydown", (event) => this.#searchKey(event), { signal });
    this.search.addEventListener("focus", () => this.#loadSearch(), { signal });
    listenToPointer(this, signal);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => this.#retheme(), { signal });
    this.sizes = new ResizeObserver(() => this.#fit() && this.#look(true));
    this.sizes.observe(this.stage);
  }

  destroy() {
    this.#abort.abort();
    this.sizes.disconnect();
    cancelAnimationFrame(this.#frame);
    this.element.replaceChildren();
  }

  focus() {
    this.tree.focus({ preventScroll: true });
  }

  // --- Going about

  // Marks a step. It is zoomed to, unless it is a class or `around` wants what it lies in.
  goTo(step, around = false) {
    const root = (around || step.isLeaf) && step.parent ? step.parent : step;
    this.marked = step;
    this.window = geometry.windowAround(step, root, this.height);
    this.root = root;
    this.#look();
    this.panel.show(step);
    showTreeItems(this.tree, step, root === step);
    this.options.onMove?.(step.address);
  }

  // Shows another window, and leaves the mark where it is.
  lookAt(window) {
    this.window = window;
    this.root = geometry.rootOf(window, this.root);
    this.#look();
  }

  pick(step) {
    if (step.node.index !== null) this.options.onPick?.(step.node.index);
  }

  #follow(step, event) {
    this.goTo(step);
    // A press by keyboard goes on in the panel, a pointer leaves the keys to the drawing.
    if (event.detail === 0) this.panel.focusHeading();
    else this.focus();
  }

  // --- Keys

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
    const action = this.#actions[event.key];
    const letter = event.key.length === 1 && /[\p{L}\p{N}-]/u.test(event.key);
    if (!action && !letter && !(event.key === " " && this.#typed.text)) return undefined;
    event.preventDefault();
    if (!action) return this.#type(event.key);
    this.#typed.text = "";
    return action();
  }

  #actions = {
    ArrowDown: () => this.#beside(1),
    ArrowUp: () => this.#beside(-1),
    PageDown: () => this.#beside(PAGE),
    PageUp: () => this.#beside(-PAGE),
    ArrowRight: () => this.#into(),
    ArrowLeft: () => this.#out(),
    Backspace: () => this.#out(),
    Home: () => this.goTo(this.hierarchy.root),
    End: () => this.goTo(this.marked.siblings.at(-1), true),
    Enter: () => (this.marked.node.index === null ? this.#into() : this.pick(this.marked)),
  };

  #beside(by) {
    const { siblings, place, parent } = this.marked;
    if (!parent) return this.#into();
    const to = siblings[Math.min(Math.max(place + by, 0), siblings.length - 1)];
    return this.goTo(to, true);
  }

  #into() {
    if (!this.marked.isLeaf) this.goTo(this.marked.children[0], true);
  }

  #out() {
    if (this.marked.parent) this.goTo(this.marked.parent, true);
  }

  // Among the siblings; or the children, where the marked one fills the drawing.
  #type(letter) {
    const now = performance.now();
    const before = now - this.#typed.at < TYPING_MS ? this.#typed.text : "";
    this.#typed = { text: before + letter, at: now };
    const steps = this.root === this.marked ? this.marked.children : this.marked.siblings;
    const found = typedAhead(steps, this.marked, this.#typed.text);
    if (found) this.goTo(found, true);
  }

  #searchKey(event) {
    if (event.target === this.search) {
      if (event.key === "Escape") {
        event.preventDefault();
        this.focus();
      }
    } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.search.focus();
    }
  }

  async #loadSearch() {
    if (this.searching || !this.options.classesUrl) return;
    this.searching = true;
    const onPick = (found) => this.#jump(found.index);
    try {
      await attachWhenLoaded(this.search, this.found, this.options.classesUrl, { onPick });
    } catch {
      this.searching = false; // the next focus tries again
    }
  }

  #jump(index) {
    const step = this.hierarchy.stepOfClass(index);
    if (step) this.goTo(step);
    this.focus();
  }

  // --- Drawing

  get #target() {
    return geometry.makeView(this.root, this.window, this.width, this.height);
  }

  #look(atOnce = false) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const now = performance.now();
    const to = this.#target;
    const from = this.view;
    this.#motion = from && !atOnce && !still ? { from, to, since: now } : null;
    if (!this.#motion) this.view = to;
    this.stage.toggleAttribute("data-moving", Boolean(this.#motion));
    this.redraw();
  }

  redraw() {
    this.#frame ||= requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.#frame = 0;
    if (this.#motion) {
      const { from, to, since } = this.#motion;
      const part = Math.min(Math.max((now - since) / ZOOM_MS, 0), 1);
      this.view = part < 1 ? geometry.between(from, to, 1 - (1 - part) ** 3) : to;
      if (part === 1) this.#motion = null;
    }
    this.drawing.draw(this.view, this.marked, this.pointed, Boolean(this.#motion));
    this.stage.toggleAttribute("data-moving", Boolean(this.#motion));
    if (this.#motion) this.redraw();
  }

  // Whether the size has changed.
  #fit() {
    const { clientWidth, clientHeight } = this.stage;
    if (clientWidth === this.width && clientHeight === this.height) return false;
    this.width = clientWidth;
    this.height = Math.max(clientHeight, 1);
    this.drawing.resize(this.width, this.height);
    if (this.marked) this.window = geometry.windowAround(this.marked, this.root, this.height);
    return true;
  }

  #retheme() {
    this.drawing.retheme();
    this.redraw();
  }

  // --- What the pointer needs

  stepAt(x, y) {
    return geometry.stepAt(this.hierarchy, this.#target, x, y, this.width, (step) => this.pictures.tell(step));
  }

  pointAt(step, x, y) {
    if (step !== this.pointed) {
      this.pointed = step;
      this.redraw();
      if (step) this.tip.replaceChildren(...tipOf(step));
    }
    this.tip.hidden = !step;
    if (!step) return;
    const left = Math.min(x + 14, this.width - this.tip.offsetWidth - 4);
    const below = y + 20 + this.tip.offsetHeight < this.height;
    this.tip.style.left = `${Math.max(left, 4)}px`;
    this.tip.style.top = `${below ? y + 18 : y - this.tip.offsetHeight - 10}px`;
  }
}

function tipOf(step) {
  const chain = [...step.folded, step.name].join(" › ");
  const count = step.isLeaf ? `class ${step.node.index}` : countText(step.node.count);
  return [make("strong", "", chain), make("span", "", count), make("span", "", step.node.definition)];
}
