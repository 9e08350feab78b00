// Reviewing by image: one image at a time, and its candidate classes.

import { Stage } from "../shared/stage.js";
import { attachClassSearch, loadClasses } from "../taxonomy/class-search.js";
import { CommentDialog, ProblemDialog, askHierarchy } from "./review-dialogs.js";
import { Pictures } from "./review-images.js";
import { actionOf, listenToKeys } from "./review-keys.js";
import { ClassPanel } from "./review-panel.js";
import { makeId } from "./review-queue.js";
import { Session } from "./review-session.js";
import { ReviewState } from "./review-state.js";
import * as view from "./review-view.js";

const DECODED_AHEAD = 4;
const byId = view.byId;
const config = JSON.parse(byId("review-config").textContent);

const state = new ReviewState(config.history, makeId);
const pictures = new Pictures(24);
const session = new Session({
  config, state, pictures, nameOp, render,
  stage: byId("stage"),
  itemUrl: config.urls.item,
  noun: "image",
  stock: { low: 4, full: 6 },
});
const stage = new Stage(byId("stage"), showZoom);
const classes = await loadClasses(config.classes_url).catch(() => ({ classes: [], byIndex: new Map() }));
const list = new view.CandidateList(nameOf, config.hints);
const panel = new ClassPanel(byId("class-panel"), (index) =>
  config.urls.panel.replace("__class__", index),
);
const trace = new view.Trace();
const spoken = byId("spoken");
let onStage = null; // "uid src" of the picture on the stage

function nameOf(index) {
  return classes.byIndex.get(index) ?? { names: [`class ${index}`], definition: "", path: [] };
}

const label = (index) => nameOf(index).names[0];

function nameOp(op) {
  return [op.type === "judge" ? op.verdict : op.type, op.class === undefined ? "" : label(op.class)].join(" ");
}

// --- Showing

function render() {
  const item = state.current;
  list.show(item, state.cursor);
  panel.follow(state.candidate ? [state.candidate.class] : []);
  view.showRemarks(item);
  view.pressVerdict(document.querySelector(".review-thumb"), state.candidate?.verdict);
  showPicture(item);
  showAvailable(item);
  fetchAhead();
  session.supply.refill();
}

function showPicture(item) {
  if (!item) return showNothing();
  const key = `${item.uid} ${item.src}`;
  if (key === onStage) return undefined;
  onStage = key;
  session.leave();
  if (!item.src) {
    stage.show(null);
    view.showMessage("no-picture");
    return session.afterPaint(item.uid);
  }
  view.showMessage("");
  const picture = pictures.want(item.src);
  stage.show(picture.image, item);
  if (picture.decoded) return session.afterPaint(item.uid);
  return picture.ready.then((fine) => {
    if (onStage !== key) return;
    if (!fine) {
      stage.show(null);
      view.showMessage("broken-picture");
    }
    session.afterPaint(item.uid);
  });
}

function showNothing() {
  onStage = null;
  stage.show(null);
  session.showNothing();
}

function showAvailable(item) {
  const available = {
    back: state.position > 0,
    undo: state.steps.length > 0,
    skip: item && !state.isFinished(item),
    problem: item,
    comment: item,
    onward: state.canGoOn,
  };
  for (const [action, is] of Object.entries(available)) {
    document.querySelector(`.review-tools [data-action=${action}]`).disabled = !is;
  }
  byId("add").disabled = byId("add-from-hierarchy").disabled = !item;
  for (const button of document.querySelectorAll(".review-thumb button")) button.disabled = !item;
}

function fetchAhead() {
  for (const uid of state.ahead.slice(0, DECODED_AHEAD)) {
    const item = state.items.get(uid);
    if (item?.src) pictures.want(item.src);
  }
}

function showZoom(zoom) {
  view.setText(byId("zoom"), zoom > 1 ? `${Math.round(zoom * 100)} %` : "Fit");
}

function speakCursor() {
  const { candidate, current } = state;
  if (!candidate) return;
  const verdict = view.NAMES[candidate.verdict] ?? "not judged";
  view.setText(spoken, `${state.cursor + 1} of ${current.candidates.length}: ${label(candidate.class)}, ${verdict}`);
}

// --- Saying

// Performs `change`, which returns the operation it made; sends that, and shows what came of it.
function say(change) {
  if (!session.isSeen) return;
  const before = state.current;
  const picture = stage.image;
  const op = change();
  if (op) session.send(before, [op]);
  if (state.name === before.uid) session.pressed = null;
  else trace.show(picture, saidOf(op, state.items.get(before.uid)), op.type !== "skip");
  render();
  if (state.current) speakCursor();
  if (!op || op.type === "add" || state.name !== before.uid) return;
  trace.hide();
}

function saidOf(op, item) {
  if (op.type === "skip") return [{ verdict: "skip", text: "Skipped" }];
  if (op.type === "problem") return [{ verdict: "problem", text: op.reason || "Problematic" }];
  return item.candidates.map((one) => ({ verdict: one.verdict, text: label(one.class) }));
}

function judge(verdict, classIndex = state.candidate?.class) {
  if (classIndex !== undefined) say(() => state.judge(classIndex, verdict, session.elapsed()));
}

function add(found) {
  say(() => state.add(found.index, session.elapsed()));
  view.hint(`Added: ${found.names[0]}, correct`);
  byId("add").blur();
}

async function addFromHierarchy() {
  if (!session.isSeen) return undefined;
  const { name, candidate } = state;
  let index;
  try {
    index = await askHierarchy(config, candidate && nameOf(candidate.class).key);
  } catch {
    return view.hint("The hierarchy did not load. Search for the class with A.");
  }
  if (index === null) return undefined;
  // A lease may have run out meanwhile.
  if (state.name !== name) return view.hint("Another image is shown by now: nothing was added.");
  const place = state.current.candidates.findIndex((one) => one.class === index);
  if (place < 0) return add(nameOf(index));
  move(() => state.pick(place));
  return view.hint(`${label(index)} is listed: judge it.`);
}

function undo() {
  const last = state.steps.at(-1);
  if (!last) return view.hint("There is nothing to undo.");
  session.send(state.items.get(last.name), [state.undo(session.elapsed())]);
  trace.hide();
  view.hint(undoneText(last.said));
  render();
  return speakCursor();
}

function undoneText(said) {
  if (said.type === "problem") return `Undone: ${said.problematic ? "problematic" : "fine"}`;
  return `Undone: ${label(said.class)} ${said.type === "add" ? "added" : said.verdict}`;
}

// --- Acting

const problemDialog = new ProblemDialog(config.reasons, (problematic, reason) =>
  say(() => state.setProblem(problematic, reason)),
);
const commentDialog = new CommentDialog((text) => say(() => state.comment(text)));
const ACTIONS = {
  judge: ({ verdict }) => judge(verdict),
  pick: ({ place }) => move(() => state.pick(place)),
  cursor: ({ by }) => move(() => state.pick(state.cursor + by)),
  pan: ({ by }) => stage.panBy(...by),
  fit: () => stage.fit(),
  "zoom-in": () => stage.zoomBy(1),
  "zoom-out": () => stage.zoomBy(-1),
  add: () => byId("add").focus(),
  hierarchy: addFromHierarchy,
  undo,
  skip: () => (state.current && state.isFinished(state.current) ? view.hint("This image is done.") : say(() => state.skip())),
  problem: () => session.isSeen && problemDialog.open(state.current),
  comment: () => session.isSeen && commentDialog.open(),
  back: () => state.back() ? leave() : view.hint("This is the first image."),
  onward: () => state.onward() ? leave() : state.current && view.hint("Judge every class, or skip with S."),
  info: () => panel.toggle(),
  help: () => byId("help-dialog").showModal(),
  round: () => byId("round-dialog").showModal(),
  unsent: () => session.unsent.open(),
  close: () => closeAll(),
  "reload-picture": () => reloadPicture(),
};

function move(change) {
  change();
  render();
  speakCursor();
}

function leave() {
  trace.hide();
  render();
  speakCursor();
}

function closeAll() {
  trace.hide();
  view.hint("");
  document.activeElement?.blur();
}

function reloadPicture() {
  pictures.forgetFailed();
  onStage = null;
  render();
}

function perform(asked, event) {
  session.pressed = event.timeStamp;
  session.wake();
  ACTIONS[asked.action](asked);
  if (onStage && session.isSeen) session.pressed = null;
}

function listen() {
  listenToKeys(actionOf, perform);
  byId("review").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const row = event.target.closest(".review-candidate");
    if (button?.dataset.action) perform({ action: button.dataset.action }, event);
    else if (button?.dataset.verdict) clickVerdict(button.dataset.verdict, row, event);
    else if (row) move(() => state.pick([...row.parentElement.children].indexOf(row)));
    // So that Enter goes onward after a click, instead of clicking once more.
    if (button && event.detail > 0) button.blur();
  });
  byId("candidates").addEventListener("focusin", (event) => {
    const row = event.target.closest(".review-candidate");
    if (row?.matches(".is-current") || !event.target.matches(":focus-visible")) return;
    move(() => state.pick([...row.parentElement.children].indexOf(row)));
  });
}

function clickVerdict(verdict, row, event) {
  session.pressed = event.timeStamp;
  session.wake();
  judge(verdict, row ? Number(row.dataset.class) : undefined);
}

function isPresent(found) {
  return Boolean(state.current?.candidates.some((one) => one.class === found.index));
}

listen();
attachClassSearch(byId("add"), byId("found"), {
  classes: classes.classes,
  onPick: add,
  exclude: isPresent,
});
session.start();
