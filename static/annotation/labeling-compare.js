// Classes side by side, in a dialog over the image: what each is, its reference images, the guide.

import { byId, make } from "./review-view.js";

const MOST = 3;

export class CompareDialog {
  // urlOf(index) is the address of what there is to know of a class; onPick(index) takes it as the
  // answer.
  constructor({ urlOf, nameOf, onPick }) {
    Object.assign(this, { urlOf, nameOf, onPick });
    this.dialog = byId("compare-dialog");
    this.columns = byId("compare-columns");
    this.dialog.addEventListener("keydown", (event) => {
      const index = this.classes?.[Number(event.key) - 1];
      if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.#pick(index);
    });
    this.columns.addEventListener("click", (event) => {
      const button = event.target.closest("[data-choose]");
      if (button) this.#pick(Number(button.dataset.choose));
    });
  }

  open(classes) {
    this.classes = classes.slice(0, MOST);
    this.columns.replaceChildren(...this.classes.map((index, place) => this.#column(index, place)));
    this.dialog.showModal();
  }

  #pick(index) {
    this.dialog.close();
    this.onPick(index);
  }

  #column(index, place) {
    const column = make("section", "labeling-compare-column");
    const content = make("div", "labeling-compare-content");
    const choose = make("button", "primary", `It is ${this.nameOf(index).names[0]} `);
    choose.type = "button";
    choose.dataset.choose = index;
    choose.append(make("kbd", "", String(place + 1)));
    content.tabIndex = 0;
    content.setAttribute("role", "region");
    content.setAttribute("aria-label", this.nameOf(index).names[0]);
    content.append(make("p", "muted", "…"));
    column.append(choose, content);
    this.#fill(content, index);
    return column;
  }

  async #fill(content, index) {
    const response = await fetch(this.urlOf(index), { credentials: "same-origin" }).catch(() => null);
    if (response?.ok && !response.redirected) {
      content.innerHTML = await response.text();
      window.htmx?.process(content);
    } else {
      content.replaceChildren(make("p", "muted", "It did not arrive. Close this and compare again."));
    }
  }
}
