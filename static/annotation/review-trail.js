// The items that a reviewer has gone through and those ahead: images, or pages of a class.
// No DOM and no network.
//
// Items (as the server gives them) are replaced, never changed, so that what was before can be
// compared with what is after. Subclasses say what an item's name is (nameOf), whether everything
// was said of it (isFinished), what of an item an operation that waits is about (nameIn, applied),
// and where the cursor begins on an item (point).

const UNDO_STEPS = 500;

export class Trail {
  // history: names of items judged before, newest first. makeId() gives ids for operations.
  constructor(history, makeId) {
    this.makeId = makeId;
    this.items = new Map();
    this.trail = [...history].reverse(); // names, in the order in which they were or will be shown
    this.position = this.trail.length; // of what is shown; the end of the trail is "nothing"
    this.frontier = this.position; // how far the reviewer has come
    this.steps = []; // what can be undone: { name, … }
  }

  get name() {
    return this.trail[this.position] ?? null;
  }

  get current() {
    return this.items.get(this.name) ?? null;
  }

  get ahead() {
    return this.trail.slice(this.frontier + 1);
  }

  // What the page has and must not be given again.
  held(waiting) {
    const open = this.trail.filter((name) => this.#isOpen(name));
    return [...new Set([...open, ...waiting.map((op) => this.nameIn(op))])];
  }

  // New items go to the end; `waiting` are operations that the server doesn't know of yet.
  receive(items, waiting) {
    const wasEmpty = this.name === null;
    for (const given of items) {
      const item = this.applied(given, waiting);
      if (this.isFinished(item)) continue;
      const name = this.nameOf(item);
      const place = this.trail.indexOf(name);
      if (place >= this.frontier) continue;
      if (place >= 0) this.#remove(place);
      this.items.set(name, item);
      this.trail.push(name);
    }
    if (wasEmpty) this.point();
  }

  // A former item has arrived.
  fill(given, waiting) {
    const item = this.applied(given, waiting);
    this.items.set(this.nameOf(item), item);
    if (this.name === this.nameOf(item)) this.point();
  }

  drop(name) {
    const place = this.trail.indexOf(name);
    if (place >= 0) this.#remove(place);
    this.items.delete(name);
    this.steps = this.steps.filter((step) => step.name !== name);
    this.point();
  }

  dropAhead() {
    for (const name of this.ahead) this.items.delete(name);
    this.trail.length = Math.min(this.trail.length, this.frontier + 1);
  }

  #remove(place) {
    this.trail.splice(place, 1);
    if (place < this.frontier) this.frontier -= 1;
    if (place < this.position) this.position -= 1;
  }

  #isOpen(name) {
    return this.items.has(name) && !this.isFinished(this.items.get(name));
  }

  // --- Moving

  back() {
    return this.position > 0 && this.goTo(this.position - 1);
  }

  get canGoOn() {
    return this.position < this.frontier || Boolean(this.current && this.isFinished(this.current));
  }

  // To the next item: one seen before, or a new one if this one is finished.
  onward() {
    return this.canGoOn && this.goTo(this.position + 1);
  }

  // To the next item that isn't finished.
  advance() {
    const steps = this.trail.slice(this.position + 1).findIndex((name) => this.#isOpen(name));
    this.goTo(steps < 0 ? this.trail.length : this.position + 1 + steps);
  }

  goTo(position) {
    this.position = position;
    this.frontier = Math.max(this.frontier, position);
    this.point();
    return true;
  }

  remember(step) {
    this.steps.push({ name: this.name, ...step });
    if (this.steps.length > UNDO_STEPS) this.steps.shift();
  }
}
