// What the keys of a review by class ask for.

import { PANS, letterOf } from "./review-keys.js";

const STEPS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", Home: "first", End: "last" };
const ACTIONS = {
  p: "problem",
  m: "comment",
  s: "skip",
  i: "info",
  o: "round",
  z: "undo",
  b: "back",
  r: "propose",
  l: "reload",
  " ": "look",
  Enter: "confirm",
  "+": "larger",
  "=": "larger",
  "-": "smaller",
  "?": "help",
  Escape: "close",
};
const WHERE_LARGE = {
  ...ACTIONS,
  Enter: "close",
  " ": "close",
  "+": "zoom-in",
  "=": "zoom-in",
  "-": "zoom-out",
  0: "fit",
  s: null,
  i: null,
  o: null,
  b: null,
  r: null,
  "?": null,
};

// (event) => { action, … } or null: on the page, and in the dialog that shows one image large.
export const pageActions = (question) => reader(question, ACTIONS, false);
export const largeActions = (question) => reader(question, WHERE_LARGE, true);

function reader(question, actions, isLarge) {
  const answers = new Map(question.answers.map(({ key, name }) => [key.toLowerCase(), name]));
  return ({ key, code = "", shiftKey = false }) => {
    const letter = letterOf(key, code);
    if (isLarge && shiftKey && PANS[key]) return { action: "pan", by: PANS[key] };
    if (STEPS[key]) return { action: "cursor", to: STEPS[key] };
    if (answers.has(letter)) return { action: "mark", answer: answers.get(letter) };
    return actions[letter] ? { action: actions[letter] } : null;
  };
}
