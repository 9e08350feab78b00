// What the drawing shows, in words: the way taken, the node, what is below it.

import { countText, numberText } from "./explorer-canvas.js";

// So many children are listed at first, and so many more whenever a button is pressed.
const LISTED = 100;
const MORE = 400;

export function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

// goTo(step, event) is called for what is pressed. hrefOf(step) is the address of a step, or null
// where it has none; pick: null, or { label, run(index), hrefOf(index) or null }.
export class Panel {
  constructor(element, pictures, { goTo, hrefOf, pick }) {
    this.element = element;
    this.pictures = pictures;
    this.goTo = goTo;
    this.hrefOf = hrefOf;
    this.pick = pick;
  }

  show(step) {
    const parts = [this.#way(step), this.#head(step), this.#facts(step)];
    const { node } = step;
    if (node.index !== null && this.pick) parts.push(this.#pickButton(node.index));
    if (!step.isLeaf) parts.push(...this.#children(step));
    this.element.replaceChildren(...parts.filter(Boolean));
    this.element.scrollTop = 0;
  }

  focusHeading() {
    this.element.querySelector("h2").focus();
  }

  // A link where there are addresses, or else a button.
  #link(step, ...content) {
    const href = this.hrefOf(step);
    const element = make(href === null ? "button" : "a", "explorer-link", ...content);
    if (href === null) element.type = "button";
    else element.href = href;
    element.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.goTo(step, event);
    });
    return element;
  }

  #way(step) {
    if (!step.parent) return null;
    const list = make("ol", "");
    for (const above of step.way.slice(0, -1)) list.append(make("li", "", this.#link(above, above.name)));
    const nav = make("nav", "explorer-way", list);
    nav.setAttribute("aria-label", "The way here");
    return nav;
  }

  #head(step) {
    const { node } = step;
    const title = make("h2", "", step.name);
    title.tabIndex = -1;
    const facts = make("p", "explorer-badges");
    if (node.index !== null) facts.append(make("span", "badge", `class ${node.index}`));
    if (!step.isLeaf) facts.append(make("span", "badge", countText(node.count)));
    return make("header", "explorer-head", this.pictures.element(step, 96), make("div", "", title, facts));
  }

  #facts(step) {
    const { names, definition } = step.node;
    const facts = make("div", "explorer-facts");
    if (names.length > 1) facts.append(make("p", "explorer-synonyms", names.slice(1).join(", ")));
    if (definition) facts.append(make("p", "", definition));
    if (step.folded.length) {
      const chain = [...step.folded, step.name].join(" › ");
      facts.append(make("p", "muted", "Stands for the whole chain ", make("span", "", chain), "."));
    }
    const others = step.hierarchy.elsewhere(step);
    if (others.length) facts.append(this.#otherWays(others));
    return facts;
  }

  #otherWays(others) {
    const line = make("p", "explorer-others", "Also reached through ");
    others.forEach((other, at) => {
      if (at > 0) line.append(", ");
      line.append(this.#link(other, other.parent.name));
    });
    return line;
  }

  #pickButton(index) {
    const href = this.pick.hrefOf?.(index) ?? null;
    const key = make("kbd", "", "↵");
    const element = make(href ? "a" : "button", "primary explorer-pick", `${this.pick.label} `, key);
    if (href) {
      element.href = href;
      element.classList.add("button");
    } else {
      element.type = "button";
      element.addEventListener("click", () => this.pick.run(index));
    }
    return element;
  }

  #children(step) {
    const { children } = step;
    const title = make("h3", "", children.length === 1 ? "One kind" : `${numberText(children.length)} kinds`);
    const list = make("ul", "explorer-children");
    const more = make("button", "");
    more.type = "button";
    const add = (number) => {
      const from = list.childElementCount;
      list.append(...children.slice(from, from + number).map((child) => this.#child(child)));
      const left = children.length - list.childElementCount;
      more.textContent = `${numberText(Math.min(left, MORE))} more of ${numberText(left)}`;
      more.hidden = left === 0;
      return list.children[from];
    };
    add(LISTED);
    more.addEventListener("click", () => add(MORE).querySelector(".explorer-link").focus());
    return [title, list, more];
  }

  #child(child) {
    const count = child.isLeaf ? "" : numberText(child.node.count);
    const number = make("span", "explorer-count", count);
    if (count) number.append(make("span", "visually-hidden", child.node.count === 1 ? " class" : " classes"));
    const name = make("span", "", child.name);
    return make("li", "", this.#link(child, this.pictures.element(child, 24), name, number));
  }
}

// Says the way and the marked step to screen readers: a tree (WAI-ARIA APG, "Tree View") of which
// only this branch is in the document, the rest being said in numbers.
export function showTreeItems(tree, step, isOpen) {
  const items = step.way.map((at) => {
    const item = make("div", "", `${at.name}, ${at.isLeaf ? "class" : countText(at.node.count)}`);
    item.id = `${tree.id}-${at.depth}`;
    item.setAttribute("role", "treeitem");
    item.setAttribute("aria-level", at.depth + 1);
    item.setAttribute("aria-posinset", at.place + 1);
    item.setAttribute("aria-setsize", at.siblings.length);
    item.setAttribute("aria-selected", String(at === step));
    if (!at.isLeaf) item.setAttribute("aria-expanded", String(at !== step || isOpen));
    return item;
  });
  tree.replaceChildren(...items);
  tree.setAttribute("aria-activedescendant", items.at(-1).id);
}
