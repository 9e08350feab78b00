// Labeling: one image, one class to choose.

import { Stage } from "../shared/stage.js";
import { attachClassSearch, loadClasses } from "../taxonomy/class-search.js";
import { Clock } from "./labeling-clock.js";
import { CompareDialog } from "./labeling-compare.js";
import { Hand, thumbOf } from "./labeling-hand.js";
import { actionBeforeTyping, actionOf } from "./labeling-keys.js";
import { ANSWERED, LATER, LabelingState } from "./labeling-state.js";
import { Feedback } from "./labeling-training.js";
import { UnsentDialog, askHierarchy, initDialogs } from "./review-dialogs.js";
import { Pictures, painted } from "./review-images.js";
import { askedBy, listenToKeys } from "./review-keys.js";
import { post } from "./review-net.js";
import { ClassPanel } from "./review-panel.js";
import { OpQueue, makeId } from "./review-queue.js";
import * as view from "./review-view.js";

const RETRY_MS = 3_000;
const byId = view.byId;
const config = JSON.parse(byId("labeling-config").textContent);
const name = `${config.labeler}:${config.task}`;
const CONFIDENCES = { 1: "guessed", 2: "fairly sure", 3: "certain" };

const state = new LabelingState(config.overview, makeId);
const pictures = new Pictures(24);
const stage = new Stage(byId("stage"), showZoom);
const queue = new OpQueue(`labeling:${name}`, send);
const clock = new Clock(name, makeId, (segment) => queue.add(segment));
const classes = await loadClasses(config.classes_url).catch(() => ({ classes: [], byIndex: new Map() }));
const panelUrl = (index) => config.urls.panel.replace("__class__", index);
const panel = new ClassPanel(byId("class-panel"), panelUrl, { name: "tusker.labeling-panel" });
const hand = new Hand({ pinned: config.pinned, recent: config.recent, nameOf, onPin });
const compare = new CompareDialog({ urlOf: panelUrl, nameOf, onPick: (index) => answer(index) });
const feedback = config.kind === "training" ? new Feedback(config) : null;
const search = byId("answer");

let onStage = null; // "position src" of the picture on the stage
let painting = null; // the image that is on the screen
let looked = []; // classes looked at while this image is shown
let looking = false; // whether the class being picked is only to be looked at
let paused = false;
let elsewhere = false;
let fetching = null;

function nameOf(index) {
  return classes.byIndex.get(index) ?? { names: [`class ${index}`], definition: "", path: [], key: "" };
}

async function send(ops) {
  const answered = await post(config.urls.submit, { labeler: config.labeler, ops });
  if (answered.overview) {
    state.renew(answered.overview);
    showProgress();
    fetchAhead();
  }
  return answered;
}

// --- Showing

function render() {
  const item = state.current;
  showPicture(item);
  showAnswer(item);
  showProgress();
  hand.render(item?.class);
  panel.follow(item?.class != null ? [item.class] : looked.slice(-1));
  fetchAhead();
}

function showPicture(item) {
  if (elsewhere || paused || !item) return showNothing();
  const key = `${item.position} ${item.src}`;
  if (key === onStage) return undefined;
  onStage = key;
  painting = null;
  delete byId("stage").dataset.shown;
  if (!item.src) {
    stage.show(null);
    view.showMessage("no-picture");
    return afterPaint(item, key);
  }
  view.showMessage("");
  const picture = pictures.want(item.src);
  picture.image.alt = "The image to name";
  stage.show(picture.image, item);
  if (picture.decoded) return afterPaint(item, key);
  return picture.ready.then((fine) => {
    if (onStage !== key) return;
    if (!fine) {
      stage.show(null);
      view.showMessage("broken-picture");
    }
    afterPaint(item, key);
  });
}

async function afterPaint(item, key) {
  await painted();
  if (onStage !== key) return;
  painting = item.uid;
  byId("stage").dataset.shown = item.uid;
  clock.show(item.uid);
}

function showNothing() {
  onStage = painting = null;
  delete byId("stage").dataset.shown;
  stage.show(null);
  clock.show(null);
  if (elsewhere) view.showMessage("elsewhere");
  else if (paused) view.showMessage("break");
  else view.showMessage(byId(`message-${queue.failure}`) ? queue.failure : "asking");
}

function showAnswer(item) {
  const has = item?.class != null;
  const found = has ? nameOf(item.class) : null;
  byId("chosen").hidden = !has;
  byId("unanswered").hidden = has;
  view.setText(byId("chosen-name"), found?.names[0] ?? "");
  view.setText(byId("chosen-definition"), found?.definition ?? "");
  byId("chosen-thumb").replaceChildren(...(has ? [thumbOf(item.class, found.names[0])] : []));
  for (const button of document.querySelectorAll("[data-confidence]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.confidence) === item?.confidence));
    button.disabled = !has;
  }
  byId("later").setAttribute("aria-pressed", String(Boolean(item?.later)));
  view.setText(byId("note-text"), item?.note ?? "");
  byId("note-text").hidden = !item?.note;
  document.querySelector("[data-action=clear]").disabled = !has;
  document.querySelector("[data-action=back]").disabled = state.position === 0;
}

function showProgress() {
  const [done, later] = [state.count(ANSWERED), state.count(LATER)];
  byId("bar").value = done / state.total;
  view.setText(byId("place"), `Image ${state.position + 1} of ${state.total}`);
  view.setText(byId("done"), `${done} answered${later ? `, ${later} for later` : ""}`);
}

function showZoom(zoom) {
  view.setText(byId("zoom"), zoom > 1 ? `${Math.round(zoom * 100)} %` : "Fit");
}

// --- Fetching

function fetchAhead() {
  for (const item of state.ahead) if (item.src) pictures.want(item.src);
  if (state.missing.length && !elsewhere) fetching ??= fetchMissing().finally(() => (fetching = null));
}

async function fetchMissing() {
  try {
    const { items } = await post(config.urls.items, { positions: state.missing });
    const waited = !state.current;
    state.fill(items, queue.waiting);
    queueMicrotask(() => arrived(waited));
  } catch (error) {
    if (error.kind === "closed") return over();
    if (!state.current) view.showMessage(byId(`message-${error.kind}`) ? error.kind : "offline");
    setTimeout(fetchAhead, RETRY_MS);
  }
  return undefined;
}

function arrived(waited) {
  render();
  if (waited && state.current?.class === null) focusSearch();
}

function over() {
  clock.stop();
  stage.show(null);
  onStage = painting = null;
  view.showMessage("over");
}

// --- Saying

const isSeen = () => painting !== null && painting === state.current?.uid;

function say(change) {
  if (!isSeen()) return false;
  queue.add(state.say(change));
  render();
  return true;
}

function answer(index) {
  if (feedback && state.current?.class != null) return view.hint("In training the first answer counts.");
  if (!say({ class: index, later: false })) return undefined;
  hand.used(index);
  hand.render(index);
  search.blur();
  view.hint(`Answered: ${nameOf(index).names[0]}`);
  if (feedback) feedback.show(state.current, queue);
  return undefined;
}

function confidence(value) {
  if (state.current?.class == null) return view.hint("Name a class first.");
  const same = state.current.confidence === value;
  say({ confidence: same ? null : value });
  return view.hint(same ? "Confidence: not said" : `Confidence: ${CONFIDENCES[value]}`);
}

function later() {
  if (!state.current) return;
  const put = !state.current.later;
  if (!say({ later: put })) return;
  view.hint(put ? "Put off: it is asked again at the end." : "No longer put off.");
  if (put) onward();
}

function look(index) {
  looked = [...looked.filter((one) => one !== index), index].slice(-3);
  panel.follow([index]);
  if (byId("class-panel").hidden) panel.toggle();
}

function onPin(index, pinned) {
  hand.render(state.current?.class);
  post(config.urls.pin, { class: index, pinned }).catch(() => view.hint("The pin was not saved."));
}

// --- Going about

function go(position) {
  if (!state.go(position)) return false;
  looked = [];
  feedback?.hide();
  render();
  if (state.current && state.current.class == null) focusSearch();
  else search.blur();
  return true;
}

function onward() {
  if (go(state.position + 1)) return;
  if (state.isFinished) openOverview();
  else if (state.firstOpen() === state.position) view.hint("This is the last image that is open.");
  else go(state.firstOpen());
}

// Where there is a keyboard; on a telephone it would cover the image.
function focusSearch() {
  if (matchMedia("(pointer: fine)").matches && !document.querySelector("dialog[open]")) search.focus();
}

async function hierarchy() {
  if (!isSeen()) return;
  const before = state.position;
  const known = state.current.class ?? looked.at(-1);
  try {
    const index = await askHierarchy(config, known === undefined ? undefined : nameOf(known).key);
    if (index !== null && state.position === before) answer(index);
  } catch {
    view.hint("The hierarchy did not load. Search for the class with A.");
  }
}

function openCompare() {
  const chosen = state.current?.class;
  const both = [...looked, ...(chosen != null && !looked.includes(chosen) ? [chosen] : [])];
  const fill = hand.classes.filter((index) => !both.includes(index));
  const classesToShow = both.length > 1 ? both : [...both, ...fill].slice(0, 2);
  if (classesToShow.length < 2) return view.hint("Look at two classes first: Shift and Enter in the search.");
  return compare.open(classesToShow);
}

function pause() {
  paused = !paused;
  document.body.classList.toggle("is-paused", paused);
  render();
  if (!paused && state.current?.class == null) focusSearch();
}

function note() {
  if (!isSeen()) return;
  byId("note").value = state.current.note;
  byId("note-dialog").showModal();
}

function openOverview() {
  const list = byId("overview");
  list.replaceChildren(
    ...state.marks.map((mark, place) => {
      const button = view.make("button", `labeling-mark is-${mark === ANSWERED ? "answered" : mark === LATER ? "later" : "open"}`, String(place + 1));
      button.type = "button";
      button.dataset.place = place;
      if (place === state.position) button.setAttribute("aria-current", "true");
      const what = { [ANSWERED]: "answered", [LATER]: "for later" }[mark] ?? "not answered";
      button.setAttribute("aria-label", `Image ${place + 1}, ${what}`);
      return button;
    }),
  );
  const open = state.total - state.count(ANSWERED);
  view.setText(
    byId("hand-in-text"),
    open ? `${open} of ${state.total} are not answered. What is not answered counts as no prediction.` : "Every image is answered.",
  );
  byId("overview-dialog").showModal();
}

// --- Acting

const ACTIONS = {
  search: () => search.focus(),
  hierarchy,
  info: () => panel.toggle(),
  compare: openCompare,
  note,
  later,
  pin: () => (state.current?.class == null ? view.hint("Name a class first.") : hand.toggle(state.current.class)),
  clear: () => (feedback ? view.hint("In training the first answer counts.") : say({ class: null, confidence: null }) && focusSearch()),
  overview: openOverview,
  back: () => go(state.position - 1) || view.hint("This is the first image."),
  onward,
  pause,
  "at-hand": ({ place }) => hand.classes[place] !== undefined && answer(hand.classes[place]),
  confidence: ({ confidence: value }) => confidence(value),
  pan: ({ by }) => stage.panBy(...by),
  fit: () => stage.fit(),
  "zoom-in": () => stage.zoomBy(1),
  "zoom-out": () => stage.zoomBy(-1),
  help: () => byId("help-dialog").showModal(),
  unsent: () => unsent.open(),
  here: () => takeOver(),
  close: () => document.activeElement?.blur(),
  "reload-picture": () => {
    pictures.forgetFailed();
    onStage = null;
    render();
  },
};
const WHILE_AWAY = new Set(["pause", "help", "here", "unsent", "overview"]);

function perform(asked) {
  if ((paused || elsewhere) && !WHILE_AWAY.has(asked.action)) {
    if (paused) pause();
    return;
  }
  ACTIONS[asked.action](asked);
}

function listen() {
  listenToKeys(actionOf, perform);
  search.addEventListener(
    "keydown",
    (event) => {
      looking = event.key === "Enter" && event.shiftKey;
      const asked = search.value ? null : askedBy(event, actionBeforeTyping);
      if (!asked) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      perform(asked);
    },
    { capture: true },
  );
  byId("labeling").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { action, confidence: value, class: index } = button.dataset;
    if (action) perform({ action });
    else if (value) confidence(Number(value));
    else if (index) answer(Number(index));
    if (event.detail > 0) button.blur();
  });
  byId("overview").addEventListener("click", (event) => {
    const place = event.target.closest("[data-place]")?.dataset.place;
    if (place === undefined) return;
    byId("overview-dialog").close();
    go(Number(place));
  });
  byId("note-dialog").querySelector("form").addEventListener("submit", () => say({ note: byId("note").value.trim() }));
  byId("note").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  byId("hand-in").addEventListener("submit", (event) => {
    if (!queue.waiting.length) return;
    // What waits belongs to what is handed in.
    event.preventDefault();
    clock.stop();
    queue.flush().then(() => (queue.waiting.length ? view.hint("Not everything is saved yet.") : event.target.submit()));
  });
}

// --- One page at a time

const channel = new BroadcastChannel(`tusker:labeling:${name}`);

function takeOver() {
  elsewhere = false;
  channel.postMessage("here");
  state.items.clear();
  render();
}

channel.addEventListener("message", () => {
  elsewhere = true;
  render();
});

// Another device may have gone on meanwhile.
document.addEventListener("visibilitychange", () => {
  if (document.hidden || elsewhere) return;
  state.refresh();
  fetchAhead();
});
addEventListener("online", () => {
  pictures.forgetFailed();
  render();
});
queue.addEventListener("change", () => queue.failure === "closed" && over());

const unsent = new UnsentDialog(queue, (op) => (op.type === "work" ? "time" : nameOf(op.class).names[0]));
initDialogs();
new view.SavedIndicator(queue);
listen();
attachClassSearch(search, byId("found"), {
  classes: classes.classes,
  onPick: (found) => (looking ? look(found.index) : answer(found.index)),
});
channel.postMessage("here");
clock.recover();
render();
