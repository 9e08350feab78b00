// The page on which an entry is written.

import { choose, chosenIn } from "./class-pick.js";
import { forgetDraft, keepDraft, readDrafts } from "./guide-drafts.js";
import { attachPictures } from "./guide-pictures.js";

const KEEP_AFTER_MS = 400;
const INSERTS = {
  compare: "\n```compare\nA: \nB: \ntrait: in A | in B\n```\n",
  mention: "[[]]",
  table: "\n| trait | A | B |\n| --- | --- | --- |\n| colour |  |  |\n",
};

const form = document.getElementById("editor");
const { title, text, note, base, token } = form.elements;
const about = form.querySelector(".class-field");
const counter = document.getElementById("counter");
const key = form.dataset.drafts;
const longest = Number(form.dataset.longest);
let timer = 0;
let trouble = "";
token.value ||= crypto.randomUUID();

const current = () => ({
  time: Date.now(),
  base: base.value,
  title: title.value,
  text: text.value,
  note: note.value,
  classes: chosenIn(about),
});

function keepSoon() {
  clearTimeout(timer);
  timer = setTimeout(keep, KEEP_AFTER_MS);
}

function keep() {
  clearTimeout(timer);
  if (!keepDraft(key, token.value, current())) say("This browser has no room to keep a draft.");
}

function changed() {
  keepSoon();
  text.dispatchEvent(new Event("refresh"));
}

function say(message) {
  trouble = message;
  count();
}

function count() {
  const { length } = text.value;
  const over = length > longest;
  const limit = `${length.toLocaleString("en")} of at most ${longest.toLocaleString("en")} characters`;
  counter.textContent = trouble || (over || length > 0.9 * longest ? limit : "");
  counter.classList.toggle("bad-text", Boolean(trouble) || over);
  return over;
}

// At the caret, so that it can be undone; selects `part` of it, or puts the caret there if empty.
function insert(inserted, part = "") {
  text.focus();
  const start = text.selectionStart;
  if (!document.execCommand("insertText", false, inserted)) {
    text.setRangeText(inserted, start, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const place = inserted.indexOf(part);
  if (part && place >= 0) text.setSelectionRange(start + place, start + place + part.length);
}

// Below the line of the caret, where the words that wait to be replaced in an earlier one may be.
function insertPicture(markdown) {
  const end = text.value.indexOf("\n", text.selectionEnd);
  const place = end < 0 ? text.value.length : end;
  text.setSelectionRange(place, place);
  insert(`\n\n${markdown}\n`, "describe the picture");
}

function insertTemplate(name) {
  const chosen = chosenIn(about);
  if (name === "mention") {
    insert(INSERTS.mention);
    text.setSelectionRange(text.selectionEnd - 2, text.selectionEnd - 2);
  } else if (name === "compare" && chosen.length > 1) {
    const sides = chosen.slice(0, 3).map(([index], place) => `${"ABC"[place]}: ${index}\n`);
    const texts = sides.map((_, place) => `in ${"ABC"[place]}`).join(" | ");
    insert(`\n\`\`\`compare\n${sides.join("")}trait: ${texts}\n\`\`\`\n`, "trait");
  } else {
    insert(INSERTS[name]);
  }
}

// A draft of an earlier visit, unless it is what the form shows.
function offerDraft() {
  const shown = JSON.stringify([title.value, text.value]);
  const others = Object.entries(readDrafts(key))
    .filter(([name, draft]) => name !== token.value && JSON.stringify([draft.title, draft.text]) !== shown)
    .sort(([, a], [, b]) => b.time - a.time);
  if (!others.length || "sent" in form.dataset) return;
  const [name, draft] = others[0];
  const bar = document.getElementById("draft");
  const when = new Date(draft.time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  const stale = draft.base !== base.value ? " The entry has been changed since." : "";
  bar.querySelector("span").textContent = `A text of yours from ${when} was not saved.${stale}`;
  bar.hidden = false;
  document.getElementById("draft-take").onclick = () => {
    bar.hidden = true;
    takeUp(name, draft);
  };
  document.getElementById("draft-drop").onclick = () => {
    bar.hidden = true;
    forgetDraft(name);
    offerDraft();
  };
}

// With the base it was begun from, so that saving it sees what others have changed since.
function takeUp(name, draft) {
  Object.assign(token, { value: name });
  Object.assign(base, { value: draft.base });
  title.value = draft.title;
  text.value = draft.text;
  note.value = draft.note;
  choose(about, draft.classes);
  text.focus();
  count();
}

form.addEventListener("input", keepSoon);
text.addEventListener("input", () => say(""));
form.addEventListener("submit", (event) => {
  keep();
  if (count()) {
    event.preventDefault();
    text.focus();
    say(`The text is too long: ${text.value.length.toLocaleString("en")} characters, at most ${longest.toLocaleString("en")}. It stays here.`);
    return;
  }
  document.getElementById("save").disabled = true;
});
// Back to this page by the browser's button: it can be saved again.
window.addEventListener("pageshow", () => {
  document.getElementById("save").disabled = false;
});
window.addEventListener("pagehide", () => {
  if (timer) keep();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit();
});
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (button) insertTemplate(button.dataset.insert);
});
attachPictures(text, document.getElementById("pictures"), {
  url: form.dataset.upload,
  token: form.elements.csrfmiddlewaretoken.value,
  insert: insertPicture,
  say,
});
count();
about.addEventListener("classpick", changed);
offerDraft();
if ("sent" in form.dataset) keep();
