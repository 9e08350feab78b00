// From key presses to actions of the page; what the keys of a review by image ask for.

const ACTIONS = {
  a: "add",
  h: "hierarchy",
  p: "problem",
  s: "skip",
  m: "comment",
  i: "info",
  o: "round",
  z: "undo",
  b: "back",
  ArrowLeft: "back",
  ArrowRight: "onward",
  Enter: "onward",
  0: "fit",
  "+": "zoom-in",
  "=": "zoom-in",
  "-": "zoom-out",
  "?": "help",
  Escape: "close",
};
const VERDICT_KEYS = { y: "correct", n: "incorrect", u: "unclear" };
export const PANS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MAY_REPEAT = new Set(["zoom-in", "zoom-out", "pan", "cursor"]);

// What a key press asks for: { action, … }, or null.
export function actionOf({ key, code = "", shiftKey = false }) {
  const letter = letterOf(key, code);
  if (shiftKey && PANS[key]) return { action: "pan", by: PANS[key] };
  if (key === "ArrowUp" || key === "ArrowDown") {
    return { action: "cursor", by: key === "ArrowUp" ? -1 : 1 };
  }
  if (VERDICT_KEYS[letter]) return { action: "judge", verdict: VERDICT_KEYS[letter] };
  if (/^[1-9]$/.test(key)) return { action: "pick", place: Number(key) - 1 };
  return ACTIONS[letter] ? { action: ACTIONS[letter] } : null;
}

// Letters of another script (Cyrillic, Greek, …) count as the Latin ones on their keys.
export function letterOf(key, code) {
  if (key.length !== 1) return key;
  if (/\p{Letter}/u.test(key) && !/[a-z]/i.test(key)) return code.replace(/^Key/, "").toLowerCase();
  return key.toLowerCase();
}

// What a key press asks for, by actionOf(event), unless it is another program's or only held down.
export function askedBy(event, actionOf) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return null;
  const asked = event.defaultPrevented ? null : actionOf(event);
  return asked && event.repeat && !MAY_REPEAT.has(asked.action) ? null : asked;
}

// Calls perform(asked, event) for keys that are not meant for a field, a dialog or a button.
export function listenToKeys(actionOf, perform) {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || isTakenBy(event.target, event.key)) return;
    const asked = askedBy(event, actionOf);
    if (!asked) return;
    event.preventDefault();
    perform(asked, event);
  });
}

function isTakenBy(target, key) {
  if (target.closest("input, textarea, select, [contenteditable]")) return key !== "Escape";
  if (target.closest("[data-content]") && key.startsWith("Arrow")) return true; // it scrolls
  if (target.closest("[data-tile]")) return false; // the page's keys are for the marked one
  return (key === "Enter" || key === " ") && Boolean(target.closest("button, a[href], summary"));
}
