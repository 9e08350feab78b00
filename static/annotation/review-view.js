// What is shown of the state: the candidates and their verdicts, the trace of what was just said,
// progress, and whether everything is saved. Nothing here changes the state.

export const NAMES = { correct: "Correct", incorrect: "Incorrect", unclear: "Unclear" };
export const ICONS = { correct: "✓", incorrect: "✕", unclear: "?" };
const TRACE_ICONS = { ...ICONS, skip: "↷", problem: "⚠" };
const PATH_SHOWN = 6;
const TRACE_MS = 7_000;
const HINT_MS = 3_500;
const SAVING_IS_SLOW_MS = 500;

export const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// The list of candidates; rows are built when the image changes and updated in place otherwise.
export class CandidateList {
  // nameOf(class index) gives { names, definition, path } of the class index; hints holds lists
  // of sentences by class index.
  constructor(nameOf, hints) {
    this.nameOf = nameOf;
    this.hints = hints;
    this.list = byId("candidates");
    this.template = byId("candidate-row");
    this.shown = "";
  }

  show(item, cursor) {
    const shown = item ? `${item.uid} ${item.candidates.map((one) => one.class)}` : "";
    if (shown !== this.shown) {
      this.shown = shown;
      this.list.replaceChildren(...(item?.candidates ?? []).map((one, place) => this.#row(one, place)));
      this.list.parentElement.scrollTop = 0;
    }
    item?.candidates.forEach((one, place) => this.#update(this.list.children[place], one, place === cursor));
    this.#reveal(this.list.children[cursor], cursor);
  }

  // Scrolls the list alone, and only when it must.
  #reveal(row, cursor) {
    const box = this.list.parentElement;
    if (!row || box.scrollHeight <= box.clientHeight) return;
    if (cursor === 0) box.scrollTop = 0;
    else row.scrollIntoView({ block: "nearest" });
  }

  #row(candidate, place) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const found = this.nameOf(candidate.class);
    const [name, ...others] = found.names;
    row.dataset.class = candidate.class;
    row.querySelector(".review-digit").textContent = place < 9 ? place + 1 : "";
    row.querySelector("strong").textContent = name;
    row.querySelector(".review-others").textContent = others.join(", ");
    row.querySelector(".review-added").hidden = !candidate.added;
    row.querySelector(".review-definition").textContent = found.definition;
    row.querySelector(".review-hints").textContent = (this.hints[candidate.class] ?? []).join(" ");
    row.querySelector(".review-path").textContent = found.path.slice(0, PATH_SHOWN).reverse().join(" › ");
    row.querySelector(".review-verdicts").setAttribute("aria-label", `Judge ${name}`);
    return row;
  }

  #update(row, candidate, current) {
    row.dataset.verdict = candidate.verdict;
    row.classList.toggle("is-current", current);
    if (current) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
    const verdict = NAMES[candidate.verdict];
    setText(row.querySelector(".review-verdict"), verdict ? `${ICONS[candidate.verdict]} ${verdict}` : "");
    pressVerdict(row, candidate.verdict);
  }
}

export function pressVerdict(element, verdict) {
  for (const button of element.querySelectorAll("[data-verdict]")) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
  }
}

export function showRemarks(item) {
  const problem = byId("problem");
  problem.hidden = !item?.problematic;
  setText(problem, item?.problematic ? `⚠ Problematic${item.reason ? `: ${item.reason}` : ""}` : "");
  const comments = item?.comments ?? [];
  byId("comments").hidden = comments.length === 0;
  byId("comments").replaceChildren(
    ...comments.map(({ text, mine }) => make("li", mine ? "is-mine" : "", `${mine ? "You: " : ""}${text}`)),
  );
}

// What was just said of an image that has left the stage, with the image itself in small.
export class Trace {
  constructor() {
    this.element = byId("trace");
  }

  show(picture, parts, canGoBack) {
    clearTimeout(this.timer);
    const lines = make("ul", "");
    lines.append(...parts.map(traceLine));
    const keys = make("p", "review-trace-keys");
    if (canGoBack) keys.append(keyHint("Z", "undo"), keyHint("B", "back"));
    const text = make("div", "");
    text.append(lines, keys);
    this.element.replaceChildren(...(picture ? [thumbOf(picture)] : []), text);
    this.element.hidden = false;
    this.timer = setTimeout(() => this.hide(), TRACE_MS);
  }

  hide() {
    this.element.hidden = true;
  }
}

function thumbOf(picture) {
  const thumb = picture.cloneNode();
  thumb.removeAttribute("style");
  thumb.className = "review-trace-image";
  thumb.alt = "";
  return thumb;
}

function traceLine({ verdict, text, icon: sign = TRACE_ICONS[verdict] }) {
  const line = make("li", "", text);
  line.dataset.verdict = verdict;
  const icon = make("span", "icon", sign);
  line.prepend(icon, " ");
  return line;
}

function keyHint(key, text) {
  const hint = make("button", "link", ` ${text}`);
  hint.type = "button";
  hint.dataset.action = text;
  hint.prepend(make("kbd", "", key));
  return hint;
}

let hintTimer;
export function hint(text) {
  clearTimeout(hintTimer);
  const element = byId("hint");
  setText(element, text);
  element.hidden = !text;
  hintTimer = setTimeout(() => (element.hidden = true), HINT_MS);
}

export function showMessage(name, details = "") {
  const element = byId("message");
  element.hidden = !name;
  if (element.dataset.name === name && !details) return;
  element.dataset.name = name;
  element.replaceChildren(...(name ? [byId(`message-${name}`).content.cloneNode(true)] : []));
  const line = element.querySelector("[data-leased]");
  if (line) line.textContent = details;
}

const AWAY = {
  offline: () => (navigator.onLine ? "Server out of reach" : "Offline"),
  login: () => "Log in again",
  forbidden: () => "Not allowed",
  closed: () => "Round closed",
};

// What the indicator says: { text, tone: "fine" | "busy" | "bad" }.
export function savedText({ waiting, rejected, failure, durable }) {
  const refused = rejected ? `${number.format(rejected)} refused` : "";
  if (!waiting) return refused ? { text: refused, tone: "bad" } : { text: "Saved", tone: "fine" };
  const count = `${number.format(waiting)} waiting`;
  if (!failure) return { text: count, tone: refused ? "bad" : "busy" };
  const place = durable ? "kept in this browser" : "keep this page open";
  const why = (AWAY[failure] ?? (() => "Trying again"))();
  return { text: [`${why} – ${count}, ${place}`, refused].filter(Boolean).join("; "), tone: "bad" };
}

// Shows it; saving that goes as it should, in milliseconds, isn't worth a flicker.
export class SavedIndicator {
  constructor(queue) {
    this.queue = queue;
    queue.addEventListener("change", () => this.update());
    this.update();
  }

  update() {
    clearTimeout(this.timer);
    const { waiting, rejected, failure, durable } = this.queue;
    const counts = { waiting: waiting.length, rejected: rejected.length, failure, durable };
    const quiet = waiting.length && !failure && !rejected.length;
    if (!quiet) this.#show(counts);
    else this.timer = setTimeout(() => this.#show(counts), SAVING_IS_SLOW_MS);
  }

  #show(counts) {
    const { text, tone } = savedText(counts);
    setText(byId("saved-text"), text);
    byId("saved").dataset.tone = tone;
  }
}

export function showProgress({ turns, mine }, noun) {
  const bar = byId("bar");
  bar.max = Math.max(turns.total, 1);
  bar.value = turns.done;
  setText(byId("round-count"), `${number.format(turns.done)} of ${number.format(turns.total)} ${noun}s`);
  const pace = mine.median_ms ? `, ${(mine.median_ms / 1000).toFixed(1)} s each` : "";
  setText(byId("my-count"), `You: ${number.format(mine.today)} today${pace}`);
  byId("my-count").title = `${number.format(mine.judged)} judgments in this round`;
}
