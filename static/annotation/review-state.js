// What the page of a review by image knows, and what can be said on it. No DOM and no network;
// the methods that say something return the operation to send.

import { Trail } from "./review-trail.js";

export class ReviewState extends Trail {
  cursor = 0;

  nameOf(item) {
    return item.uid;
  }

  nameIn(op) {
    return op.image;
  }

  isFinished(item) {
    return item.problematic || item.candidates.every((one) => one.verdict !== "unjudged");
  }

  judgedIn(item) {
    return item.candidates.filter((one) => one.verdict !== "unjudged").length;
  }

  // What the server said of an image, with what it has not heard yet.
  applied(item, waiting) {
    const said = waiting.filter((op) => op.image === item.uid).reduce(withOp, item);
    const takenBack = (one) => one.added && one.verdict === "unjudged";
    return { ...said, candidates: said.candidates.filter((one) => !takenBack(one)) };
  }

  get candidate() {
    return this.current?.candidates[this.cursor] ?? null;
  }

  pick(place) {
    const count = this.current?.candidates.length ?? 0;
    if (place >= 0 && place < count) this.cursor = place;
  }

  // The cursor on the first class that is not judged.
  point() {
    const open = this.current?.candidates.findIndex((one) => one.verdict === "unjudged") ?? 0;
    this.cursor = Math.max(0, open);
  }

  // --- Saying

  judge(classIndex, verdict, ms) {
    const item = this.current;
    const candidate = item?.candidates.find((one) => one.class === classIndex);
    if (!candidate) return null;
    const op = this.#op("judge", { class: classIndex, verdict, ms });
    this.remember({ said: op, before: candidate.verdict });
    this.#change(withVerdict(item, classIndex, verdict), () => this.#pointAfter(classIndex));
    return op;
  }

  add(classIndex, ms) {
    const item = this.current;
    if (!item || item.candidates.some((one) => one.class === classIndex)) return null;
    const op = this.#op("add", { class: classIndex, verdict: "correct", ms });
    this.remember({ said: op, before: "unjudged" });
    this.items.set(item.uid, withVerdict(item, classIndex, "correct"));
    return op;
  }

  setProblem(problematic, reason) {
    const item = this.current;
    if (!item) return null;
    const op = this.#op("problem", { problematic, reason });
    const { problematic: was, reason: because } = item;
    this.remember({ said: op, before: { problematic: was, reason: because } });
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
    if (!item || this.isFinished(item)) return null;
    const op = this.#op("skip", {});
    this.drop(item.uid);
    return op;
  }

  // Takes the last step back and shows the image that it was about.
  undo(ms) {
    const step = this.steps.pop();
    const { name: uid, said, before } = step;
    this.goTo(this.trail.indexOf(uid));
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
    this.point();
    this.pick(restored.candidates.findIndex((one) => one.class === said.class));
    return this.#op("judge", { class: said.class, verdict: before, ms });
  }

  #op(type, content) {
    return { type, id: this.makeId(), image: this.name, ...content };
  }

  // An image that gets finished is left; one that was finished before stays to be looked at.
  #change(item, otherwise = () => {}) {
    const wasFinished = this.isFinished(this.current);
    this.items.set(item.uid, item);
    if (this.isFinished(item) && !wasFinished) this.advance();
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
