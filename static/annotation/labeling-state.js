// Where a labeler is among the images of a task, and what they said of each.

export const ANSWERED = "a";
export const LATER = "l";
export const OPEN = ".";

const NEAR = { behind: 1, ahead: 5 };

export class LabelingState {
  // `overview` has a character per image, in the labeler's order: answered, later or open.
  constructor(overview, makeId) {
    this.marks = [...overview];
    this.makeId = makeId;
    this.items = new Map(); // by position
    this.position = this.firstOpen();
  }

  get total() {
    return this.marks.length;
  }

  get current() {
    return this.items.get(this.position) ?? null;
  }

  count(mark) {
    return this.marks.filter((one) => one === mark).length;
  }

  // Where there is something to do: the first image without an answer, then what was put off.
  firstOpen() {
    const places = [OPEN, LATER].map((mark) => this.marks.indexOf(mark));
    return places.find((place) => place >= 0) ?? this.total - 1;
  }

  get isFinished() {
    return this.marks.every((mark) => mark === ANSWERED);
  }

  go(position) {
    const there = position >= 0 && position < this.total;
    if (there) this.position = position;
    return there;
  }

  // Positions to fetch: those around the current one that are not here.
  get missing() {
    const from = Math.max(0, this.position - NEAR.behind);
    const to = Math.min(this.total - 1, this.position + NEAR.ahead);
    const near = Array.from({ length: to - from + 1 }, (_, place) => from + place);
    return near.filter((place) => !this.items.has(place));
  }

  get ahead() {
    const places = [1, 2, 3, 4].map((step) => this.position + step);
    return places.map((place) => this.items.get(place)).filter(Boolean);
  }

  // Items as the server has them; what waits to be sent was said later.
  fill(items, waiting) {
    for (const item of items) {
      const said = waiting.findLast((op) => op.type === "say" && op.item === item.uid);
      this.items.set(item.position, said ? { ...item, ...contentOf(said) } : item);
      this.#mark(item.position);
    }
  }

  // Other images may come next than the page knew.
  renew(overview) {
    this.marks = [...overview];
    for (const place of [...this.items.keys()]) if (place > this.position) this.items.delete(place);
  }

  // Forgets what was fetched but for the current image: another device may have changed it.
  refresh() {
    for (const place of [...this.items.keys()]) if (place !== this.position) this.items.delete(place);
  }

  // Changes what is said of the current image; the operation that tells the server.
  say(change) {
    const item = { ...this.current, ...change };
    this.items.set(this.position, item);
    this.#mark(this.position);
    return { type: "say", id: this.makeId(), item: item.uid, ...contentOf(item) };
  }

  #mark(position) {
    const item = this.items.get(position);
    this.marks[position] = item.later ? LATER : item.class === null ? OPEN : ANSWERED;
  }
}

const contentOf = (one) => ({
  class: one.class,
  confidence: one.confidence,
  later: one.later,
  note: one.note,
});
