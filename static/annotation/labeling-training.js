// What a training task tells after an answer.

import { byId } from "./review-view.js";

export class Feedback {
  constructor(config) {
    this.url = config.urls.feedback;
    this.box = byId("feedback");
    this.shownFor = null;
  }

  // Once the answer is stored; before that nothing is told.
  async show(item, queue) {
    this.shownFor = item.uid;
    this.box.hidden = false;
    this.box.textContent = "…";
    while (queue.waiting.some((op) => op.type === "say" && op.item === item.uid)) {
      await queue.flush();
      if (queue.failure) await new Promise((resolve) => queue.addEventListener("change", resolve, { once: true }));
    }
    const address = this.url.replace("__item__", item.uid);
    const response = await fetch(address, { credentials: "same-origin" }).catch(() => null);
    if (this.shownFor !== item.uid) return;
    if (!response?.ok || response.redirected) {
      this.box.textContent = "What is true did not arrive. Go on, and look later.";
      return;
    }
    this.box.innerHTML = await response.text();
    window.htmx?.process(this.box);
    this.box.scrollTop = 0;
  }

  hide() {
    this.shownFor = null;
    this.box.hidden = true;
    this.box.replaceChildren();
  }
}
