// From key presses to actions of the labeling page.

import { PANS, letterOf } from "./review-keys.js";

const ACTIONS = {
  a: "search",
  "/": "search",
  h: "hierarchy",
  i: "info",
  c: "compare",
  n: "note",
  l: "later",
  p: "pin",
  x: "clear",
  o: "overview",
  b: "back",
  ArrowLeft: "back",
  ArrowRight: "onward",
  Enter: "onward",
  " ": "pause",
  0: "fit",
  "+": "zoom-in",
  "=": "zoom-in",
  "-": "zoom-out",
  "?": "help",
  Escape: "close",
};
const CONFIDENCES = { q: 1, w: 2, e: 3 };
// What these keys do where a class is searched for, as long as nothing is typed.
const BEFORE_TYPING = new Set(["Enter", "ArrowLeft", "ArrowRight", "+", "-", "0", "?"]);

// What a key press asks for: { action, … }, or null.
export function actionOf({ key, code = "", shiftKey = false }) {
  const letter = letterOf(key, code);
  if (shiftKey && PANS[key]) return { action: "pan", by: PANS[key] };
  if (/^[1-9]$/.test(key)) return { action: "at-hand", place: Number(key) - 1 };
  if (CONFIDENCES[letter]) return { action: "confidence", confidence: CONFIDENCES[letter] };
  return ACTIONS[letter] ? { action: ACTIONS[letter] } : null;
}

// The same in an empty search box, where letters begin a word.
export function actionBeforeTyping(event) {
  return BEFORE_TYPING.has(event.key) || /^[1-9]$/.test(event.key) ? actionOf(event) : null;
}
