// What the page of a review by class knows, and what can be said on it. No DOM and no network; the
// methods that say something return the operations to send.
//
// A page: { turn, classes, tiles }; a tile has a verdict for each of the classes. What the reviewer
// marks on a page is a draft until the page is confirmed; what is not marked is answered as
// `proposal` says, if it was seen.

import { after, answerOf } from "./by-class-question.js";
import { Trail } from "./review-trail.js";

const isJudged = (verdict) => verdict !== null && verdict !== "unjudged";

export class PageState extends Trail {
  cursor = 0;

  // drafts: a Map from turns to { uid: name of an answer }.
  constructor({ history, makeId, question, proposal, drafts }) {
    super(history, makeId);
    Object.assign(this, { question, proposal, drafts });
  }

  nameOf(page) {
    return page.turn;
  }

  nameIn(op) {
    return op.turn;
  }

  isFinished(page) {
    return page.tiles.every((tile) => tile.problematic || tile.verdicts.every((one) => one !== "unjudged"));
  }

  judgedIn(page) {
    return page.tiles.flatMap((tile) => tile.verdicts).filter(isJudged).length;
  }

  // What the server said of a page, with what it has not heard yet.
  applied(page, waiting) {
    const classes = "other" in page ? [page.class, page.other] : [page.class];
    const tiles = page.tiles.map(({ verdict, other, ...tile }) => {
      const given = { ...tile, verdicts: classes.length > 1 ? [verdict, other] : [verdict] };
      const said = waiting.filter((op) => op.image === tile.uid);
      return said.reduce((known, op) => withOp(known, op, classes), given);
    });
    return { turn: page.turn, classes, tiles };
  }

  get tile() {
    return this.current?.tiles[this.cursor] ?? null;
  }

  get marks() {
    return this.drafts.get(this.name) ?? {};
  }

  pick(place) {
    const last = (this.current?.tiles.length ?? 0) - 1;
    this.cursor = Math.max(0, Math.min(place, last));
  }

  point() {
    this.cursor = 0;
  }

  // { name, isProposed }: what is held of a tile if the page is confirmed as it is; null for a tile
  // that is left out, or was not seen and not marked.
  answer(tile, isSeen) {
    if (tile.problematic) return null;
    const marked = this.marks[tile.uid];
    const known = marked ?? answerOf(this.question, tile.verdicts)?.name;
    if (known) return { name: known, isProposed: false };
    return isSeen(tile) ? { name: this.proposal, isProposed: true } : null;
  }

  // --- Marking: nothing is sent yet.

  mark(name) {
    const { tile } = this;
    if (!tile || tile.problematic) return false;
    this.remember({ type: "mark", uid: tile.uid, before: this.marks[tile.uid] });
    this.#draft({ ...this.marks, [tile.uid]: name });
    return true;
  }

  // Marks the next of the answers that clicks go through.
  toggle(isSeen) {
    const now = this.tile && this.answer(this.tile, isSeen);
    return this.mark(after(this.question.cycle, now?.name));
  }

  propose() {
    this.remember({ type: "propose", before: this.proposal });
    this.proposal = after(this.question.proposals, this.proposal);
  }

  #draft(marks) {
    if (Object.keys(marks).length) this.drafts.set(this.name, marks);
    else this.drafts.delete(this.name);
  }

  // --- Saying

  // The tiles that keep the page from being confirmed: neither seen nor marked.
  missing(isSeen) {
    const { tiles } = this.current;
    return tiles.filter((tile) => !tile.problematic && !this.answer(tile, isSeen));
  }

  // Says what is held of every tile, and goes on. `ms` is the time that the page took.
  confirm(ms, isSeen) {
    const page = this.current;
    const wasFinished = this.isFinished(page);
    const tiles = page.tiles.map((tile) => {
      const answer = this.answer(tile, isSeen);
      return answer ? { ...tile, verdicts: this.#verdictsOf(answer.name, tile) } : tile;
    });
    const ops = this.#words(page, tiles, ms);
    if (ops.length) {
      const { marks, proposal } = this;
      this.remember({ type: "confirm", before: page.tiles, marks, proposal, count: ops.length });
    }
    this.drafts.delete(this.name);
    this.items.set(page.turn, { ...page, tiles });
    if (wasFinished) this.onward();
    else this.advance();
    return ops;
  }

  // A class that nobody proposed for an image needs a word only if it is there.
  #verdictsOf(name, tile) {
    const { verdicts } = this.question.answers.find((one) => one.name === name);
    return verdicts.map((meant, place) => (tile.verdicts[place] === null && meant !== "correct" ? null : meant));
  }

  setProblem(problematic, reason) {
    const { tile } = this;
    const before = { problematic: tile.problematic, reason: tile.reason };
    this.remember({ type: "problem", uid: tile.uid, before });
    this.#change(this.name, tile.uid, { problematic, reason });
    return [this.#op("problem", this.name, { image: tile.uid, problematic, reason })];
  }

  comment(text) {
    const { tile } = this;
    this.#change(this.name, tile.uid, { comments: [...tile.comments, { text, mine: true }] });
    return [this.#op("comment", this.name, { image: tile.uid, text })];
  }

  // The page is the round's again, and anybody's: it can't be gone back to.
  skip() {
    const turn = this.name;
    if (!this.current || this.isFinished(this.current)) return [];
    this.drafts.delete(turn);
    this.drop(turn);
    return [this.#op("skip", turn, {})];
  }

  // Takes the last step back and shows the page that it was on.
  undo(ms) {
    const step = this.steps.pop();
    const { name: turn, uid, before } = step;
    if (this.name !== turn) this.goTo(this.trail.indexOf(turn));
    const page = this.current;
    if (step.type === "propose") this.proposal = before;
    if (step.type === "mark") {
      const { [uid]: taken, ...others } = this.marks;
      this.#draft(before ? { ...others, [uid]: before } : others);
    }
    if (uid) this.pick(page.tiles.findIndex((tile) => tile.uid === uid));
    if (step.type === "problem") {
      this.#change(turn, uid, before);
      return [this.#op("problem", turn, { image: uid, ...before })];
    }
    return step.type === "confirm" ? this.#unconfirm(page, step, ms) : [];
  }

  #unconfirm(page, { before, marks, proposal }, ms) {
    const verdicts = new Map(before.map((tile) => [tile.uid, tile.verdicts]));
    const tiles = page.tiles.map((tile) => ({ ...tile, verdicts: verdicts.get(tile.uid) ?? tile.verdicts }));
    const ops = this.#words(page, tiles, ms);
    this.items.set(page.turn, { ...page, tiles });
    this.proposal = proposal;
    this.#draft(marks);
    return ops;
  }

  // What makes the tiles of a page what `tiles` are. The time is shared among the words.
  #words(page, tiles, ms) {
    const words = tiles.flatMap((tile, nth) =>
      page.classes.flatMap((index, place) => {
        const [was, is] = [page.tiles[nth].verdicts[place], tile.verdicts[place]];
        if (was === is) return [];
        const type = was === null ? "add" : "judge";
        return [{ type, image: tile.uid, class: index, verdict: is ?? "unjudged" }];
      }),
    );
    const share = Math.round(ms / Math.max(1, words.length));
    return words.map(({ type, ...word }) => this.#op(type, page.turn, { ...word, ms: share }));
  }

  #op(type, turn, content) {
    return { type, id: this.makeId(), turn, ...content };
  }

  #change(turn, uid, change) {
    const page = this.items.get(turn);
    const tiles = page.tiles.map((tile) => (tile.uid === uid ? { ...tile, ...change } : tile));
    this.items.set(turn, { ...page, tiles });
  }
}

function withOp(tile, op, classes) {
  if (op.type === "problem") return { ...tile, problematic: op.problematic, reason: op.reason };
  const place = classes.indexOf(op.class);
  if (!("verdict" in op) || place < 0) return tile;
  return { ...tile, verdicts: tile.verdicts.with(place, op.verdict) };
}
