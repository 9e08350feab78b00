// How long an image was on screen, and how long of that somebody was at work.
//
// Time is counted in segments: { id, item, wall_ms, active_ms }. A segment ends when another image is
// shown, at a pause, and when the machine slept. It is kept in localStorage while it grows, so that a
// reload or a crash loses at most a second of it.

const TICK_MS = 1_000;
const IDLE_MS = 60_000;
// Hidden pages tick once a minute; what is longer was sleep, or a page that was frozen.
const SLEPT_MS = 150_000;
const REPORT_MS = 15_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "wheel", "touchstart"];

export class Clock {
  // report(segment) is called now and then with a segment that has grown, and when it has ended.
  constructor(name, makeId, report) {
    this.prefix = `tusker:work:${name}:`;
    this.makeId = makeId;
    this.report = report;
    this.segment = null;
    this.usedAt = performance.now();
    this.visible = !document.hidden;
    for (const sign of SIGNS) addEventListener(sign, () => this.#used(), { passive: true, capture: true });
    document.addEventListener("visibilitychange", () => this.#onVisibility());
    addEventListener("pagehide", () => this.#tell());
    setInterval(() => this.#tick(), TICK_MS);
  }

  // Segments that a page left which could not report them any more.
  recover() {
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith(this.prefix))) {
      this.report(JSON.parse(localStorage.getItem(key)));
      localStorage.removeItem(key);
    }
  }

  // The image that is on screen from now on; null for none.
  show(item) {
    if (this.segment?.item === item) return;
    this.stop();
    if (item === null) return;
    this.at = performance.now();
    this.reportedAt = this.at;
    this.segment = { type: "work", id: this.makeId(), item, wall_ms: 0, active_ms: 0 };
  }

  stop() {
    if (!this.segment) return;
    this.#count();
    this.#tell();
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // Nothing was kept there.
    }
    this.segment = null;
  }

  get #key() {
    return this.prefix + this.segment.id;
  }

  // Counts what has passed since this was done last, under what has been true since then.
  #count() {
    const now = performance.now();
    const passed = now - this.at;
    const { at } = this;
    this.at = now;
    if (passed > SLEPT_MS) return false;
    this.segment.wall_ms += passed;
    if (this.visible) {
      this.segment.active_ms += Math.max(0, Math.min(now, this.usedAt + IDLE_MS) - at);
    }
    return true;
  }

  #tick() {
    if (!this.segment) return;
    if (!this.#count()) {
      const { item } = this.segment;
      this.#tell();
      this.segment = null;
      return this.show(item);
    }
    this.#keep();
    if (this.at - this.reportedAt >= REPORT_MS) this.#tell();
    return undefined;
  }

  #used() {
    const now = performance.now();
    // Every move of a pointer need not be counted on its own.
    if (now - this.usedAt < 200) return;
    if (this.segment) this.#count();
    this.usedAt = now;
  }

  #onVisibility() {
    if (this.segment) this.#count();
    this.visible = !document.hidden;
    if (this.visible) this.usedAt = performance.now();
    else this.#tell();
  }

  #rounded() {
    const { wall_ms: wall, active_ms: active } = this.segment;
    return { ...this.segment, wall_ms: Math.round(wall), active_ms: Math.round(Math.min(wall, active)) };
  }

  #keep() {
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#rounded()));
    } catch {
      // It is still reported now and then.
    }
  }

  #tell() {
    if (!this.segment) return;
    this.reportedAt = performance.now();
    this.report(this.#rounded());
  }
}
