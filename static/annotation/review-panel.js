// What there is to know of the marked class, beside the image: fetched only while it is shown,
// once per class, and never before a pause, so that judging does not wait for it.

const PAUSE_MS = 150;
const OPEN = "tusker.class-panel";
const FAILED = "<p class='muted'>It did not arrive. Mark the class again to try once more.</p>";

export class ClassPanel {
  // urlOf(class index) is the address of the fragment.
  constructor(box, urlOf) {
    this.box = box;
    this.content = box.querySelector("[data-content]");
    this.urlOf = urlOf;
    this.fetched = new Map();
    this.wanted = null;
    this.#open(sessionStorage.getItem(OPEN) === "1");
  }

  toggle() {
    this.#open(this.box.hidden);
    sessionStorage.setItem(OPEN, this.box.hidden ? "0" : "1");
  }

  // The class under the cursor, or null.
  follow(classIndex) {
    if (classIndex === this.wanted) return;
    this.wanted = classIndex;
    if (!this.box.hidden) this.#show();
  }

  #open(open) {
    this.box.hidden = !open;
    document.body.classList.toggle("has-class-panel", open);
    document.querySelector("[data-action=info]").setAttribute("aria-expanded", String(open));
    if (open) this.#show();
  }

  #show() {
    clearTimeout(this.timer);
    const wanted = this.wanted;
    if (wanted === null) return this.content.replaceChildren();
    const known = this.fetched.get(wanted);
    if (typeof known === "string") return this.#fill(known);
    this.timer = setTimeout(() => this.#fetch(wanted), PAUSE_MS);
    return undefined;
  }

  async #fetch(wanted) {
    if (!this.fetched.has(wanted)) this.fetched.set(wanted, fragment(this.urlOf(wanted)));
    const html = await this.fetched.get(wanted);
    if (html === null) this.fetched.delete(wanted);
    else this.fetched.set(wanted, html);
    if (this.wanted === wanted && !this.box.hidden) this.#fill(html ?? FAILED);
  }

  #fill(html) {
    this.content.innerHTML = html;
    window.htmx?.process(this.content);
    this.content.scrollTop = 0;
  }
}

// Resolves to HTML, or to null if there is none to be had now.
async function fragment(url) {
  const response = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  return response?.ok && !response.redirected ? response.text() : null;
}
