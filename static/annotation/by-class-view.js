// What stands around the tiles: what is asked, what the rest of the images is taken for, the buttons
// of the answers, and how the page will be confirmed.

import { byId, make, setText } from "./review-view.js";

// The buttons that depend on what is asked.
export function build({ answers, proposals }) {
  for (const box of ["answers", "large-answers"]) {
    byId(box).replaceChildren(...answers.map((answer) => answerButton(answer)));
  }
  const offered = answers.filter(({ name }) => proposals.includes(name));
  byId("proposals").replaceChildren(
    ...offered.map(({ name, icon, text }) => {
      const button = withIcon(icon, text);
      button.dataset.proposal = name;
      return button;
    }),
  );
}

function answerButton({ name, icon, text, key }) {
  const button = withIcon(icon, text);
  button.dataset.answer = name;
  button.setAttribute("aria-keyshortcuts", key.toLowerCase());
  button.append(" ", make("kbd", "", key));
  return button;
}

function withIcon(icon, text) {
  const button = make("button", "", ` ${text}`);
  button.type = "button";
  const shown = make("span", "icon", icon);
  shown.setAttribute("aria-hidden", "true");
  button.prepend(shown);
  return button;
}

// nameOf(class index) gives { names, definition }.
export function showAsked(classes, nameOf) {
  const found = classes.map(nameOf);
  const names = found.map(({ names: [name] }) => make("strong", "", name));
  const [first, second] = names;
  if (!first) byId("asked").replaceChildren();
  else if (second) byId("asked").replaceChildren(first, " or ", second, "?");
  else byId("asked").replaceChildren("Which show ", first, "?");
  setText(byId("definition"), found.map(({ definition }) => definition).join(" – "));
}

export function showProposal(proposal) {
  for (const button of byId("proposals").children) {
    button.setAttribute("aria-pressed", String(button.dataset.proposal === proposal));
  }
}

// The answer to the marked image, pressed.
export function showAnswer(answer) {
  for (const button of document.querySelectorAll("[data-answer][aria-keyshortcuts]")) {
    const isIt = button.dataset.answer === answer?.name && !answer.isProposed;
    button.setAttribute("aria-pressed", String(isIt));
  }
}

// How often each answer is held: [{ verdict, text }] of those that are.
export function countsOf(page, answerTo, { answers }) {
  const held = page.tiles.map((tile) => answerTo(tile)?.name);
  return answers
    .map(({ name, text, icon }) => [name, text, icon, held.filter((one) => one === name).length])
    .filter(([, , , count]) => count)
    .map(([verdict, text, icon, count]) => ({ verdict, icon, count, text: `${count} ${text}` }));
}

// `missing` are the tiles that keep the page from being confirmed.
export function showCounts(page, answerTo, question, missing) {
  const counts = page ? countsOf(page, answerTo, question) : [];
  byId("counts").replaceChildren(
    ...counts.map(({ verdict, icon, count, text }) => {
      const shown = make("span", "", ` ${count}`);
      shown.dataset.verdict = verdict;
      shown.prepend(make("span", "icon", icon));
      shown.append(make("span", "tiles-count-word", text.slice(String(count).length)));
      return shown;
    }),
  );
  byId("missing").hidden = !missing?.length;
  if (missing?.length) setText(byId("missing").firstElementChild, `${missing.length} not seen.`);
}

// available: whether each action can be done now.
export function enable(available) {
  for (const [action, is] of Object.entries(available)) {
    document.querySelector(`#review [data-action=${action}][aria-keyshortcuts]`).disabled = !is;
  }
}

export const nameOfAnswer = ({ answers }, name) =>
  answers.find((answer) => answer.name === name).text;

// What a step of the state's that was taken back was.
export function undoneText({ type, count }, question) {
  if (type === "confirm") return `Undone: ${count} judgments`;
  if (type === "problem") return "Undone: the report of a problem";
  return type === "propose" ? "Undone: what the rest is" : "Undone: the mark";
}
