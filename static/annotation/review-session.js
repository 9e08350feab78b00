// What reviewing by image and by class do alike: what is said is kept until it is saved, the next
// items are fetched ahead, time is taken, progress counted, and leases looked after.

import { UnsentDialog, initDialogs } from "./review-dialogs.js";
import { painted } from "./review-images.js";
import { get, post } from "./review-net.js";
import { OpQueue } from "./review-queue.js";
import { Supply } from "./review-supply.js";
import * as view from "./review-view.js";

const PROGRESS_MS = 15_000;
const byId = view.byId;

export class Session {
  // `state` is a Trail; `stage` the element that shows an item, and then bears its name; `itemUrl`
  // the address of one item; `noun` what an item is called; `stock` { low, full } how many are kept
  // ahead; `pictures` what is to be tried again when the network is back; nameOp(op) names what
  // was said; render() shows the state.
  constructor({ config, state, stage, itemUrl, noun, stock, pictures, nameOp, render }) {
    Object.assign(this, { config, state, stage, itemUrl, noun, pictures, nameOp, render });
    this.queue = new OpQueue(`${config.reviewer}:${config.round.id}`, (ops) =>
      post(config.urls.submit, { reviewer: config.reviewer, ops }),
    );
    const ask = (question) => post(config.urls.next, question);
    const leaseMs = 1000 * config.lease_seconds;
    this.supply = new Supply(state, this.queue, ask, render, { ...stock, leaseMs });
    this.watch = { shown: null, since: 0 }; // what has been painted, and the last word on it
    this.pressed = null; // when the key was pressed that brings the next item
    this.progress = null;
    this.saidAt = 0;
    this.hiddenAt = 0;
  }

  start() {
    initDialogs();
    this.unsent = new UnsentDialog(this.queue, this.nameOp);
    new view.SavedIndicator(this.queue);
    addEventListener("pointermove", () => this.wake(), { passive: true });
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    addEventListener("online", () => {
      this.pictures.forgetFailed();
      this.render();
      this.supply.refill();
    });
    addEventListener("focus", () => this.queue.failure && this.queue.flush());
    this.render();
    this.refreshProgress();
    setInterval(() => document.hidden || this.refreshProgress(), PROGRESS_MS);
  }

  // --- Painting and time

  // Another item is being shown.
  leave() {
    this.watch.shown = null;
    delete this.stage.dataset.shown;
  }

  async afterPaint(name) {
    await painted();
    if (this.state.name !== name) return;
    const now = performance.now();
    Object.assign(this.watch, { shown: name, since: now });
    this.stage.dataset.shown = name;
    if (this.pressed !== null) {
      performance.measure("key-to-paint", { start: this.pressed, end: now });
    }
    this.pressed = null;
  }

  // Nothing can be said of what has not been seen.
  get isSeen() {
    return this.state.name !== null && this.watch.shown === this.state.name;
  }

  // Milliseconds since it was shown, or since this was asked last.
  elapsed() {
    const now = performance.now();
    const ms = Math.max(0, Math.round(now - this.watch.since));
    this.watch.since = now;
    return ms;
  }

  // --- Nothing to show: past the last item, or a former one is on its way.

  showNothing() {
    this.leave();
    this.pressed = null;
    if (this.state.name) this.#fetchFormer(this.state.name);
    else this.#showOutlook();
  }

  #showOutlook() {
    const { failure, outlook, leased } = this.supply;
    if (failure) return view.showMessage(byId(`message-${failure}`) ? failure : "offline");
    if (outlook === "leased") return view.showMessage("leased", this.#leasedText(leased));
    return view.showMessage(["done", "paused"].includes(outlook) ? outlook : "asking");
  }

  #leasedText(count) {
    return count === 1
      ? `One ${this.noun} is left, and another reviewer has it.`
      : `${count} ${this.noun}s are left, and other reviewers have them.`;
  }

  #get(name) {
    return get(this.itemUrl.replace("__name__", name));
  }

  async #fetchFormer(name) {
    view.showMessage("asking");
    try {
      this.state.fill(await this.#get(name), this.queue.waiting);
    } catch (error) {
      const gone = error.kind === "missing";
      if (gone) this.state.drop(name);
      view.hint(gone ? `That ${this.noun} is not open to you any more.` : `That ${this.noun} did not arrive. Try again with B.`);
      if (this.state.name === name) this.state.advance();
    }
    this.render();
  }

  // --- Saying

  // `ops` have been said of the item that was `before`.
  send(before, ops) {
    if (!ops.length) return;
    this.queue.add(...ops);
    this.#count(before, this.state.items.get(this.state.nameOf(before)) ?? before);
  }

  // Keeps the progress shown in step with what was just said, until the server's count comes.
  #count(before, after) {
    this.saidAt = Date.now();
    if (!this.progress) return;
    const { turns, mine } = this.progress;
    const judged = this.state.judgedIn(after) - this.state.judgedIn(before);
    turns.done += Number(this.state.isFinished(after)) - Number(this.state.isFinished(before));
    mine.judged += judged;
    mine.today += judged;
    view.showProgress(this.progress, this.noun);
  }

  async refreshProgress() {
    const asked = Date.now();
    const fresh = await get(this.config.urls.progress).catch(() => null);
    // A count from before the last words would step back.
    if (!fresh || (this.progress && (this.saidAt > asked - 6_000 || this.queue.waiting.length))) return;
    this.progress = fresh;
    view.showProgress(fresh, this.noun);
  }

  // --- Coming back

  // After a long pause others may have what was here: leases run out.
  async wake() {
    const { state, supply } = this;
    if (!supply.atWork()) return;
    state.dropAhead();
    supply.refill({ renew: true });
    const item = state.current;
    if (!item || state.isFinished(item)) return;
    const name = state.nameOf(item);
    try {
      const fresh = await this.#get(name);
      if (state.items.get(name) === item) state.fill(fresh, this.queue.waiting);
    } catch (error) {
      if (error.kind !== "missing" || state.items.get(name) !== item) return;
      state.drop(name);
      view.hint(`While you were away, that ${this.noun} went to another reviewer.`);
      if (state.current && state.isFinished(state.current)) state.advance();
    }
    this.render();
  }

  // Time away from the page doesn't count as time spent on what it shows.
  #onVisibility() {
    if (document.hidden) {
      this.hiddenAt = performance.now();
      return;
    }
    this.watch.since += performance.now() - this.hiddenAt;
    this.wake();
    this.refreshProgress();
  }
}
