// Keys of the page on which an image's verdicts are discussed: 1, 2 and 3 decide the marked class, I
// shows what it is, J goes to the next case.

const form = document.querySelector("form[data-marked]");
const about = document.querySelector(".is-marked .record-about");
const hint = form?.querySelector("[data-chosen]");
let chosen = null; // the button whose reason is being written

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
  const act = actionOf(event.key.toLowerCase());
  if (!act) return;
  event.preventDefault();
  act();
});

function actionOf(key) {
  if (key === "j") return () => document.querySelector("a[rel=next]")?.click();
  if (key === "i" && about) return () => about.toggleAttribute("open");
  if (form && ["1", "2", "3"].includes(key)) return () => choose(buttons()[Number(key) - 1]);
  return null;
}

const buttons = () => form.querySelectorAll("button[name=verdict]");

// The reason comes with the decision: the key asks for it, and Ctrl+Enter there sends both.
function choose(button) {
  const { reason } = form.elements;
  if (reason.value.trim()) return form.requestSubmit(button);
  chosen = button;
  for (const one of buttons()) one.classList.toggle("primary", one === button);
  hint.replaceChildren(`Write why it is ${button.value}; `, kbd("Ctrl"), " ", kbd("↵"), " decides.");
  return reason.focus();
}

function kbd(text) {
  return Object.assign(document.createElement("kbd"), { textContent: text });
}

form?.elements.reason.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && chosen) form.requestSubmit(chosen);
});
