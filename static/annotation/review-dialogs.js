// The dialogs of the review page; each can be worked by keyboard alone.

import { byId, make } from "./review-view.js";

export function initDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
  }
}

// Asks for a reason: a digit takes a suggested one at once, Enter takes the text written.
export class ProblemDialog {
  // onAnswer(problematic, reason)
  constructor(reasons, onAnswer) {
    this.dialog = byId("problem-dialog");
    this.input = byId("reason");
    this.reasons = reasons.slice(0, 9);
    this.onAnswer = onAnswer;
    byId("reasons").replaceChildren(...this.reasons.map((text, place) => this.#choice(text, place)));
    byId("fine-again").addEventListener("click", () => this.#answer(false, ""));
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#answer(true, this.input.value.trim());
    });
  }

  open(item) {
    this.problematic = item.problematic;
    byId("fine-again").hidden = !item.problematic;
    this.input.value = item.reason;
    this.dialog.showModal();
    this.input.focus();
    this.input.select();
  }

  #choice(text, place) {
    const button = make("button", "", ` ${text}`);
    button.type = "button";
    button.prepend(make("kbd", "", String(place + 1)));
    button.addEventListener("click", () => this.#answer(true, text));
    const entry = make("li", "");
    entry.append(button);
    return entry;
  }

  // A digit is a choice as long as nothing has been written (what is selected will be replaced).
  #key(event) {
    const { value, selectionStart, selectionEnd } = this.input;
    const untouched = selectionStart === 0 && selectionEnd === value.length;
    if (!untouched || !/^\d$/.test(event.key)) return;
    const reason = this.reasons[Number(event.key) - 1];
    if (!reason && !(event.key === "0" && this.problematic)) return;
    event.preventDefault();
    this.#answer(Boolean(reason), reason ?? "");
  }

  #answer(problematic, reason) {
    this.dialog.close();
    this.onAnswer(problematic, reason);
  }
}

export class CommentDialog {
  constructor(onAnswer) {
    this.dialog = byId("comment-dialog");
    this.input = byId("comment");
    const form = this.dialog.querySelector("form");
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.input.value.trim();
      this.dialog.close();
      if (text) onAnswer(text);
    });
  }

  open() {
    this.input.value = "";
    this.dialog.showModal();
  }
}

let hierarchyAsked = false;

// The index of a class picked from the hierarchy, which opens at the class with the key `start`;
// null if none was picked, or the hierarchy is being asked for already. Fails without a network
// the first time, since it is fetched only when it is asked for.
export async function askHierarchy(config, start) {
  if (hierarchyAsked) return null;
  hierarchyAsked = true;
  try {
    const { pickFromHierarchy } = await import("../taxonomy/explorer-dialog.js");
    return await pickFromHierarchy({
      hierarchyUrl: config.hierarchy_url,
      classesUrl: config.classes_url,
      start,
      title: "Add a class that is missing",
    });
  } finally {
    hierarchyAsked = false;
  }
}

const WAITS = {
  offline: "The server can't be reached. What you said is sent as soon as it can.",
  login: "You are logged out. Log in again, and what waits is sent.",
  forbidden: "The server does not let you review here (any more). What waits is kept in this browser.",
  closed: "The round was closed before this was sent. It is kept in this browser, and sent if the round opens again.",
  server: "The server reports an error. What you said is sent again until it succeeds.",
};

// What waits and why, and what the server refused.
export class UnsentDialog {
  constructor(queue, describe) {
    this.dialog = byId("unsent-dialog");
    this.queue = queue;
    this.describe = describe;
    byId("dismiss-rejected").addEventListener("click", () => queue.dismissRejected());
    byId("send-now").addEventListener("click", () => queue.flush());
    queue.addEventListener("change", () => this.dialog.open && this.#fill());
  }

  open() {
    this.#fill();
    this.dialog.showModal();
  }

  #fill() {
    const { waiting, rejected, failure } = this.queue;
    const why = WAITS[failure] ?? (failure ? WAITS.server : "It is being sent.");
    byId("unsent-text").textContent = waiting.length
      ? `${waiting.length} waiting. ${why}`
      : "Everything you said is saved on the server" + (rejected.length ? ", but for this:" : ".");
    byId("rejected").replaceChildren(
      ...rejected.map(({ op, reason }) => make("li", "", `${this.describe(op)}: ${reason}`)),
    );
    byId("dismiss-rejected").hidden = rejected.length === 0;
    byId("send-now").hidden = waiting.length === 0;
    byId("login-again").hidden = failure !== "login";
  }
}
