// Operations on their way to the server, kept in the browser until it has acknowledged them.
//
// Each is an entry of its own in localStorage, so that two tabs can't overwrite each other's, and
// has an id, so that the server stores it once however often it is sent.

const BATCH = 50;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class OpQueue extends EventTarget {
  // send(ops) resolves to { accepted, rejected }, or fails with an error that has a `kind`.
  constructor(name, send) {
    super();
    this.send = send;
    this.prefix = `tusker:${name}:`;
    this.memory = new Map(); // what localStorage would not take
    this.rejected = []; // { op, reason }
    this.failure = null; // the kind of the last failure, null once sending succeeds
    this.counter = 0;
    this.pause = FIRST_PAUSE_MS;
    this.running = null;
    this.#read();
    addEventListener("online", () => this.#wake());
    addEventListener("storage", () => this.#read());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
    if (this.waiting.length) queueMicrotask(() => this.flush());
  }

  get waiting() {
    return this.entries.map(([, op]) => op);
  }

  // Whether what waits would survive a reload.
  get durable() {
    return this.memory.size === 0;
  }

  // What is added together is sent together.
  add(...ops) {
    for (const op of ops) this.#store(op);
    this.#read();
    // Without a server, what is said next need not try again at once.
    if (!this.failure) this.flush();
  }

  #store(op) {
    this.counter += 1;
    const order = `${String(Date.now()).padStart(15, "0")}-${String(this.counter).padStart(6, "0")}`;
    const key = `${this.prefix}${order}-${op.id}`;
    try {
      localStorage.setItem(key, JSON.stringify(op));
    } catch {
      this.memory.set(key, op);
    }
  }

  // Sends what waits, batch by batch; resolves when nothing more can be done now.
  flush() {
    this.running ??= this.#alone(() => this.#drain()).finally(() => {
      this.running = null;
      if (!this.failure && this.entries.length) this.flush();
    });
    return this.running;
  }

  dismissRejected() {
    this.rejected = [];
    this.#tell();
  }

  // One tab at a time, where the browser can tell; elsewhere the ids suffice.
  #alone(work) {
    return navigator.locks ? navigator.locks.request(this.prefix, work) : work();
  }

  async #drain() {
    clearTimeout(this.timer);
    this.#read();
    while (this.entries.length) {
      const batch = this.entries.slice(0, BATCH);
      const ops = batch.map(([, op]) => op);
      try {
        this.#settle(batch, await this.send(ops));
      } catch (error) {
        if (error.kind !== "refused") return this.#later(error.kind ?? "server");
        const rejected = ops.map(({ id }) => ({ id, reason: error.message }));
        this.#settle(batch, { accepted: [], rejected });
      }
    }
    return undefined;
  }

  #settle(batch, { accepted, rejected }) {
    const reasons = new Map(rejected.map(({ id, reason }) => [id, reason]));
    const gone = new Set([...accepted, ...reasons.keys()]);
    for (const [key, op] of batch) {
      if (!gone.has(op.id)) continue;
      localStorage.removeItem(key);
      this.memory.delete(key);
      if (reasons.has(op.id)) this.rejected.push({ op, reason: reasons.get(op.id) });
    }
    this.failure = null;
    this.pause = FIRST_PAUSE_MS;
    this.#read();
    // An answer that settles nothing must not be asked for without end.
    if (!batch.some(([, op]) => gone.has(op.id))) this.#later("server");
  }

  #later(failure) {
    this.failure = failure;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    this.#tell();
  }

  #wake() {
    this.pause = FIRST_PAUSE_MS;
    if (this.entries.length) this.flush();
  }

  // [key, op] pairs, oldest first.
  #read() {
    const stored = Object.keys(localStorage)
      .filter((key) => key.startsWith(this.prefix))
      .map((key) => [key, JSON.parse(localStorage.getItem(key))]);
    this.entries = [...stored, ...this.memory].sort(([one], [other]) => (one < other ? -1 : 1));
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

// A random UUID; randomUUID exists only where the page came over TLS or from this machine.
export function makeId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
