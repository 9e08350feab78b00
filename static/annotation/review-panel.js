// What there is to know of a class, beside what is judged: fetched only while it is shown, once per
// class, and never before a pause, so that judging does not wait for it.

const PAUSE_MS = 150;
const FAILED = "<p class='muted'>It did not arrive. Mark the class again to try once more.</p>";

export class ClassPanel {
  // urlOf(class index) is the address of the fragment. Whether the panel is open is remembered
  // under a name; at first it is as `open` says.
  constructor(box, urlOf, { name = "tusker.class-panel", open = false } = {}) {
    Object.assign(this, { box, urlOf, name });
    this.content = box.querySelector("[data-content]");
    this.fetched = new Map();
    this.wanted = [];
    this.#open((sessionStorage.getItem(name) ?? (open ? "1" : "0")) === "1");
  }

  toggle() {
    this.#open(this.box.hidden);
    sessionStorage.setItem(this.name, this.box.hidden ? "0" : "1");
  }

  // The classes that are asked about.
  follow(classes) {
    if (String(classes) === String(this.wanted)) return;
    this.wanted = classes;
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
    const known = this.wanted.map((one) => this.fetched.get(one));
    if (known.every((one) => typeof one === "string")) this.#fill(known.join(""));
    else this.timer = setTimeout(() => this.#fetch(this.wanted), PAUSE_MS);
  }

  async #fetch(wanted) {
    const found = await Promise.all(wanted.map((one) => this.#fetchOne(one)));
    if (this.wanted === wanted && !this.box.hidden) this.#fill(found.join(""));
  }

  async #fetchOne(wanted) {
    if (!this.fetched.has(wanted)) this.fetched.set(wanted, fragment(this.urlOf(wanted)));
    const html = await this.fetched.get(wanted);
    if (html === null) this.fetched.delete(wanted);
    else this.fetched.set(wanted, html);
    return html ?? FAILED;
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
