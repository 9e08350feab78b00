// What the review page knows: the images gone through and ahead, the cursor, what can be undone.
// No DOM and no network; the methods that say something return the operation to send.
//
// Items (as the server's `next` gives them) are replaced, never changed, so that what was before
// can be compared with what is after.

const UNDO_STEPS = 500;

export const isFinished = (item) =>
  item.problematic || item.candidates.every((one) => one.verdict !== "unjudged");

export const judgedIn = (item) => item.candidates.filter((one) => one.verdict !== "unjudged").length;

export class ReviewState {
  // history: uids of images judged before, newest first. makeId() gives ids for operations.
  constructor(history, makeId) {
    this.makeId = makeId;
    this.items = new Map();
    this.trail = [...history].reverse(); // uids, in the order in which they were or will be shown
    this.position = this.trail.length; // of what is shown; the end of the trail is "nothing"
    this.frontier = this.position; // how far the reviewer has come
    this.cursor = 0;
    this.steps = []; // what can be undone: { uid, said, before }
  }

  get uid() {
    return this.trail[this.position] ?? null;
  }

  get current() {
    return this.items.get(this.uid) ?? null;
  }

  get candidate() {
    return this.current?.candidates[this.cursor] ?? null;
  }

  get ahead() {
    return this.trail.slice(this.frontier + 1);
  }

  // What the page has and must not be given again.
  held(waiting) {
    const open = this.trail.filter((uid) => this.items.has(uid) && !isFinished(this.items.get(uid)));
    return [...new Set([...open, ...waiting])];
  }

  // New images go to the end; `waiting` are operations that the server doesn't know of yet.
  receive(items, waiting) {
    const wasEmpty = this.uid === null;
    for (const given of items) {
      const item = applied(given, waiting);
      if (isFinished(item)) continue;
      const place = this.trail.indexOf(item.uid);
      if (place >= this.frontier) continue;
      if (place >= 0) this.#remove(place);
      this.items.set(item.uid, item);
      this.trail.push(item.uid);
    }
    if (wasEmpty) this.#point();
  }

  // A former image has arrived.
  fill(item, waiting) {
    this.items.set(item.uid, applied(item, waiting));
    if (this.uid === item.uid) this.#point();
  }

  drop(uid) {
    const place = this.trail.indexOf(uid);
    if (place >= 0) this.#remove(place);
    this.items.delete(uid);
    this.steps = this.steps.filter((step) => step.uid !== uid);
    this.#point();
  }

  dropAhead() {
    for (const uid of this.ahead) this.items.delete(uid);
    this.trail.length = Math.min(this.trail.length, this.frontier + 1);
  }

  #remove(place) {
    this.trail.splice(place, 1);
    if (place < this.frontier) this.frontier -= 1;
    if (place < this.position) this.position -= 1;
  }

  // --- Moving

  pick(place) {
    const count = this.current?.candidates.length ?? 0;
    if (place >= 0 && place < count) this.cursor = place;
  }

  back() {
    return this.position > 0 && this.#goTo(this.position - 1);
  }

  // To the next image: one seen before, or a new one if this one is finished.
  onward() {
    const free = this.position < this.frontier || (this.current && isFinished(this.current));
    return Boolean(free) && this.#goTo(this.position + 1);
  }

  // To the next image that isn't finished.
  advance() {
    const open = (uid) => this.items.has(uid) && !isFinished(this.items.get(uid));
    const steps = this.trail.slice(this.position + 1).findIndex(open);
    this.#goTo(steps < 0 ? this.trail.length : this.position + 1 + steps);
  }

  #goTo(position) {
    this.position = position;
    this.frontier = Math.max(this.frontier, position);
    this.#point();
    return true;
  }

  // The cursor on the first class that is not judged.
  #point() {
    const open = this.current?.candidates.findIndex((one) => one.verdict === "unjudged") ?? 0;
    this.cursor = Math.max(0, open);
  }

  // --- Saying

  judge(classIndex, verdict, ms) {
    const item = this.current;
    const candidate = item?.candidates.find((one) => one.class === classIndex);
    if (!candidate) return null;
    const op = this.#op("judge", { class: classIndex, verdict, ms });
    this.#remember(op, candidate.verdict);
    this.#change(withVerdict(item, classIndex, verdict), () => this.#pointAfter(classIndex));
    return op;
  }

  add(classIndex, ms) {
    const item = this.current;
    if (!item || item.candidates.some((one) => one.class === classIndex)) return null;
    const op = this.#op("add", { class: classIndex, verdict: "correct", ms });
    this.#remember(op, "unjudged");
    this.items.set(item.uid, withVerdict(item, classIndex, "correct"));
    return op;
  }

  setProblem(problematic, reason) {
    const item = this.current;
    if (!item) return null;
    const op = this.#op("problem", { problematic, reason });
    this.#remember(op, { problematic: item.problematic, reason: item.reason });
    this.#change({ ...item, problematic, reason });
    return op;
  }

  comment(text) {
    const item = this.current;
    if (!item) return null;
    this.items.set(item.uid, { ...item, comments: [...item.comments, { text, mine: true }] });
    return this.#op("comment", { text });
  }

  // The image is the round's again, and anybody's: it can't be gone back to.
  skip() {
    const item = this.current;
    if (!item || isFinished(item)) return null;
    const op = this.#op("skip", {});
    this.drop(item.uid);
    return op;
  }

  // Takes the last step back and shows the image that it was about.
  undo(ms) {
    const step = this.steps.pop();
    const { uid, said, before } = step;
    this.#goTo(this.trail.indexOf(uid));
    const item = this.items.get(uid);
    if (said.type === "problem") {
      this.items.set(uid, { ...item, ...before });
      return this.#op("problem", before);
    }
    const restored = withVerdict(item, said.class, before);
    if (said.type === "add") {
      restored.candidates = restored.candidates.filter((one) => one.class !== said.class);
    }
    this.items.set(uid, restored);
    this.#point();
    this.pick(restored.candidates.findIndex((one) => one.class === said.class));
    return this.#op("judge", { class: said.class, verdict: before, ms });
  }

  #op(type, content) {
    return { type, id: this.makeId(), image: this.uid, ...content };
  }

  #remember(said, before) {
    this.steps.push({ uid: this.uid, said, before });
    if (this.steps.length > UNDO_STEPS) this.steps.shift();
  }

  // An image that gets finished is left; one that was finished before stays to be looked at.
  #change(item, otherwise = () => {}) {
    const wasFinished = isFinished(this.current);
    this.items.set(item.uid, item);
    if (isFinished(item) && !wasFinished) this.advance();
    else otherwise();
  }

  // To the next class that is not judged, from the one just judged round to it again.
  #pointAfter(classIndex) {
    const { candidates } = this.current;
    const place = candidates.findIndex((one) => one.class === classIndex);
    this.cursor = place;
    for (let step = 1; step < candidates.length; step += 1) {
      const next = (place + step) % candidates.length;
      if (candidates[next].verdict !== "unjudged") continue;
      this.cursor = next;
      return;
    }
  }
}

// What the server said of an image, with what it has not heard yet.
function applied(item, waiting) {
  const said = waiting.filter((op) => op.image === item.uid).reduce(withOp, item);
  const takenBack = (one) => one.added && one.verdict === "unjudged";
  return { ...said, candidates: said.candidates.filter((one) => !takenBack(one)) };
}

function withOp(item, op) {
  if (op.type === "problem") return { ...item, problematic: op.problematic, reason: op.reason };
  return "verdict" in op ? withVerdict(item, op.class, op.verdict) : item;
}

function withVerdict(item, classIndex, verdict) {
  const known = item.candidates.some((one) => one.class === classIndex);
  if (!known && verdict === "unjudged") return item;
  const added = { class: classIndex, verdict, added: true };
  const candidates = known
    ? item.candidates.map((one) => (one.class === classIndex ? { ...one, verdict } : one))
    : [...item.candidates, added];
  return { ...item, candidates };
}
