// The list of relations by keyboard: one is marked, its keys decide it, and the next is marked.

const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
const MOVES_ON = new Set(["a", "x"]);

const rows = () => [...document.querySelectorAll("[data-relation]")];
const place = () => rows().findIndex((row) => row.matches(".is-current"));

function mark(wanted) {
  const all = rows();
  const next = all[Math.max(0, Math.min(wanted, all.length - 1))];
  if (!next) return;
  for (const row of all) {
    row.classList.toggle("is-current", row === next);
    row.tabIndex = row === next ? 0 : -1;
  }
}

function move(wanted) {
  mark(wanted);
  const row = rows()[place()];
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (STEPS[key]) {
    event.preventDefault();
    return move(place() + STEPS[key]);
  }
  const row = rows()[place()];
  const button = row?.querySelector(`[data-key="${CSS.escape(key)}"]:not(:disabled)`);
  if (!button || event.repeat) return undefined;
  event.preventDefault();
  button.click();
  return MOVES_ON.has(key) ? move(place() + 1) : undefined;
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-relation]");
  if (row && !row.matches(".is-current")) mark(rows().indexOf(row));
});

// A row that was decided comes back as a new element; it keeps the mark if it had it.
let marked = -1;
let focused = false;
document.addEventListener("htmx:beforeSwap", () => {
  marked = place();
  focused = Boolean(document.activeElement?.closest("[data-relation]"));
});
document.addEventListener("htmx:afterSwap", () => {
  mark(place() < 0 ? marked : place());
  if (focused && document.activeElement === document.body) rows()[place()]?.focus();
});

mark(0);
