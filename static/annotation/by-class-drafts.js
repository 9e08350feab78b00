// What is marked on pages that are not confirmed, and what the unmarked images are taken for: kept
// through a reload of this tab.

export class Drafts extends Map {
  constructor(name) {
    super();
    this.key = `tusker.drafts:${name}`;
    for (const [turn, marks] of stored(this.key) ?? []) super.set(turn, marks);
  }

  set(turn, marks) {
    super.set(turn, marks);
    return this.#keep();
  }

  delete(turn) {
    const had = super.delete(turn);
    this.#keep();
    return had;
  }

  #keep() {
    keep(this.key, [...this]);
    return this;
  }
}

// What is kept in this tab under a key, or null.
export function stored(key) {
  return JSON.parse(sessionStorage.getItem(key));
}

export function keep(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full: then it does not survive a reload.
  }
}
