// Keeps images or pages ahead of the reviewer, by asking the server in the background.

const AT_ONCE = 8;
const POLL_MS = 10_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 30_000;
// Of the time that a lease lasts: it is renewed, by asking, well before others may get what is here.
const RENEW = 1 / 5;
const STALE = 1 / 2;

export class Supply {
  // ask({ hold, want }) resolves to the server's answer; onChange() follows every answer or failure.
  // When fewer than `low` are ahead, they are filled up to `full`; `leaseMs` says how long the server
  // keeps for a reviewer what it gave them.
  constructor(state, queue, ask, onChange, { low, full, leaseMs }) {
    Object.assign(this, { state, queue, ask, onChange, low, full, leaseMs });
    this.outlook = "asking"; // then "more", "leased", "paused" or "done", as the server said last
    this.leased = 0;
    this.failure = null;
    this.asking = null;
    this.askedAt = Date.now();
    this.retryMs = FIRST_RETRY_MS;
  }

  get short() {
    return this.state.ahead.length < this.low;
  }

  // Asks for more if too few are ahead; `renew` asks for one in any case.
  refill({ renew = false } = {}) {
    if (this.short || renew) this.asking ??= this.#ask().finally(() => (this.asking = null));
    return this.asking;
  }

  // To be called when the reviewer does something: leases are renewed while they are at work.
  // Says whether so long has passed that others may have got what was here.
  atWork() {
    const idle = Date.now() - this.askedAt;
    if (idle > STALE * this.leaseMs) return true;
    if (idle > RENEW * this.leaseMs) this.refill({ renew: true });
    return false;
  }

  async #ask() {
    clearTimeout(this.timer);
    this.askedAt = Date.now();
    // What was said goes first, so that the answer knows of it.
    if (this.queue.waiting.length) await this.queue.flush();
    const missing = this.full - this.state.ahead.length;
    const hold = this.state.held(this.queue.waiting).slice(-100);
    try {
      const answer = await this.ask({ hold, want: Math.max(1, Math.min(missing, AT_ONCE)) });
      this.state.receive(answer.items, this.queue.waiting);
      Object.assign(this, { outlook: answer.state, leased: answer.leased, failure: null });
      this.retryMs = FIRST_RETRY_MS;
      const mayChange = answer.state === "leased" || answer.state === "paused";
      if (mayChange && !this.state.ahead.length) this.#again(POLL_MS);
    } catch (error) {
      this.failure = error.kind ?? "server";
      this.#again(this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
    }
    this.onChange();
  }

  #again(ms) {
    this.timer = setTimeout(() => this.refill(), ms);
  }
}
