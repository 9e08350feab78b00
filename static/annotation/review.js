// The reviewer's page: wires state, queue, pictures, keys and view together.

import { Stage } from "../shared/stage.js";
import { attachClassSearch, loadClasses } from "../taxonomy/class-search.js";
import { CommentDialog, ProblemDialog, UnsentDialog, askHierarchy, initDialogs } from "./review-dialogs.js";
import { Pictures, painted } from "./review-images.js";
import { listenToKeys } from "./review-keys.js";
import { get, post } from "./review-net.js";
import { ClassPanel } from "./review-panel.js";
import { OpQueue, makeId } from "./review-queue.js";
import { ReviewState, isFinished, judgedIn } from "./review-state.js";
import { Supply } from "./review-supply.js";
import * as view from "./review-view.js";

const DECODED_AHEAD = 4;
const PROGRESS_MS = 15_000;
const byId = view.byId;
const config = JSON.parse(byId("review-config").textContent);

const state = new ReviewState(config.history, makeId);
const queue = new OpQueue(`${config.reviewer}:${config.round.id}`, (ops) =>
  post(config.urls.submit, { reviewer: config.reviewer, ops }),
);
const ask = (question) => post(config.urls.next, question);
const supply = new Supply(state, queue, ask, render, 1000 * config.lease_seconds);
const pictures = new Pictures();
const stage = new Stage(byId("stage"), showZoom);
const classes = await loadClasses(config.classes_url).catch(() => ({ classes: [], byIndex: new Map() }));
const list = new view.CandidateList(nameOf, config.hints);
const panel = new ClassPanel(byId("class-panel"), (index) =>
  config.urls.panel.replace("__class__", index),
);
const trace = new view.Trace();
const spoken = byId("spoken");

const watch = { shown: null, since: 0 }; // the image that has been painted, and the last word on it
let pressed = null; // when the key was pressed that brings the next image
let onStage = null; // "uid src" of the picture on the stage
let progress = null;
let saidAt = 0;

function nameOf(index) {
  return classes.byIndex.get(index) ?? { names: [`class ${index}`], definition: "", path: [] };
}

const label = (index) => nameOf(index).names[0];

// --- Showing

function render() {
  const item = state.current;
  list.show(item, state.cursor);
  panel.follow(state.candidate?.class ?? null);
  view.showRemarks(item);
  view.pressVerdict(document.querySelector(".review-thumb"), state.candidate?.verdict);
  showPicture(item);
  showAvailable(item);
  fetchAhead();
  supply.refill();
}

function showPicture(item) {
  if (!item) return showNothing();
  const key = `${item.uid} ${item.src}`;
  if (key === onStage) return undefined;
  onStage = key;
  watch.shown = null;
  delete byId("stage").dataset.shown;
  if (!item.src) {
    stage.show(null);
    view.showMessage("no-picture");
    return afterPaint(item.uid);
  }
  view.showMessage("");
  const picture = pictures.want(item.src);
  stage.show(picture.image, item);
  if (picture.decoded) return afterPaint(item.uid);
  return picture.ready.then((fine) => {
    if (onStage !== key) return;
    if (!fine) {
      stage.show(null);
      view.showMessage("broken-picture");
    }
    afterPaint(item.uid);
  });
}

async function afterPaint(uid) {
  await painted();
  if (state.uid !== uid) return;
  const now = performance.now();
  Object.assign(watch, { shown: uid, since: now });
  byId("stage").dataset.shown = uid;
  if (pressed !== null) performance.measure("key-to-paint", { start: pressed, end: now });
  pressed = null;
}

// Past the last image, or a former one is on its way.
function showNothing() {
  onStage = null;
  watch.shown = null;
  pressed = null;
  delete byId("stage").dataset.shown;
  stage.show(null);
  if (state.uid) fetchFormer(state.uid);
  else showOutlook();
}

function showOutlook() {
  const { failure, outlook, leased } = supply;
  if (failure) return view.showMessage(byId(`message-${failure}`) ? failure : "offline");
  if (outlook === "leased") return view.showMessage("leased", leasedText(leased));
  return view.showMessage(outlook === "done" ? "done" : "asking");
}

const leasedText = (count) =>
  count === 1
    ? "One image is left, and another reviewer has it."
    : `${count} images are left, and other reviewers have them.`;

function showAvailable(item) {
  const available = {
    back: state.position > 0,
    undo: state.steps.length > 0,
    skip: item && !isFinished(item),
    problem: item,
    comment: item,
    onward: state.position < state.frontier || (item && isFinished(item)),
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

async function fetchFormer(uid) {
  view.showMessage("asking");
  try {
    state.fill(await get(config.urls.item.replace("__uid__", uid)), queue.waiting);
  } catch (error) {
    if (error.kind === "missing") state.drop(uid);
    view.hint(error.kind === "missing" ? "That image is not open to you any more." : "That image did not arrive. Try again with B.");
    if (state.uid === uid) state.advance();
  }
  render();
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

// Nothing can be said of an image before it has been seen.
const isSeen = () => state.uid !== null && watch.shown === state.uid;

function elapsed() {
  const now = performance.now();
  const ms = Math.max(0, Math.round(now - watch.since));
  watch.since = now;
  return ms;
}

// Performs `change`, which returns the operation it made; sends that, and shows what came of it.
function say(change) {
  if (!isSeen()) return;
  const before = state.current;
  const picture = stage.image;
  const op = change();
  if (op) {
    queue.add(op);
    count(before, state.items.get(before.uid) ?? before);
  }
  if (state.uid === before.uid) pressed = null;
  else trace.show(picture, saidOf(op, state.items.get(before.uid)), op.type !== "skip");
  render();
  if (state.current) speakCursor();
  if (!op || op.type === "add" || state.uid !== before.uid) return;
  trace.hide();
}

function saidOf(op, item) {
  if (op.type === "skip") return [{ verdict: "skip", text: "Skipped" }];
  if (op.type === "problem") return [{ verdict: "problem", text: op.reason || "Problematic" }];
  return item.candidates.map((one) => ({ verdict: one.verdict, text: label(one.class) }));
}

function judge(verdict, classIndex = state.candidate?.class) {
  if (classIndex !== undefined) say(() => state.judge(classIndex, verdict, elapsed()));
}

function add(found) {
  say(() => state.add(found.index, elapsed()));
  view.hint(`Added: ${found.names[0]}, correct`);
  byId("add").blur();
}

async function addFromHierarchy() {
  if (!isSeen()) return undefined;
  const { uid, candidate } = state;
  let index;
  try {
    index = await askHierarchy(config, candidate && nameOf(candidate.class).key);
  } catch {
    return view.hint("The hierarchy did not load. Search for the class with A.");
  }
  if (index === null) return undefined;
  // A lease may have run out meanwhile.
  if (state.uid !== uid) return view.hint("Another image is shown by now: nothing was added.");
  const place = state.current.candidates.findIndex((one) => one.class === index);
  if (place < 0) return add(nameOf(index));
  move(() => state.pick(place));
  return view.hint(`${label(index)} is listed: judge it.`);
}

function undo() {
  const last = state.steps.at(-1);
  if (!last) return view.hint("There is nothing to undo.");
  const before = state.items.get(last.uid);
  queue.add(state.undo(elapsed()));
  count(before, state.items.get(last.uid));
  trace.hide();
  view.hint(undoneText(last.said));
  render();
  return speakCursor();
}

function undoneText(said) {
  if (said.type === "problem") return `Undone: ${said.problematic ? "problematic" : "fine"}`;
  return `Undone: ${label(said.class)} ${said.type === "add" ? "added" : said.verdict}`;
}

// Keeps the progress shown in step with what was just said, until the server's count comes.
function count(before, after) {
  saidAt = Date.now();
  if (!progress) return;
  const judged = judgedIn(after) - judgedIn(before);
  progress.turns.done += Number(isFinished(after)) - Number(isFinished(before));
  progress.mine.judged += judged;
  progress.mine.today += judged;
  view.showProgress(progress);
}

async function refreshProgress() {
  const asked = Date.now();
  const fresh = await get(config.urls.progress).catch(() => null);
  // A count from before the last words would step back.
  if (!fresh || (progress && (saidAt > asked - 6_000 || queue.waiting.length))) return;
  progress = fresh;
  view.showProgress(progress);
}

// --- Acting

const problemDialog = new ProblemDialog(config.reasons, (problematic, reason) =>
  say(() => state.setProblem(problematic, reason)),
);
const commentDialog = new CommentDialog((text) => say(() => state.comment(text)));
const unsentDialog = new UnsentDialog(queue, (op) =>
  [op.type === "judge" ? op.verdict : op.type, op.class === undefined ? "" : label(op.class)].join(" "),
);

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
  skip: () => (state.current && isFinished(state.current) ? view.hint("This image is done.") : say(() => state.skip())),
  problem: () => isSeen() && problemDialog.open(state.current),
  comment: () => isSeen() && commentDialog.open(),
  back: () => state.back() ? leave() : view.hint("This is the first image."),
  onward: () => state.onward() ? leave() : state.current && view.hint("Judge every class, or skip with S."),
  info: () => panel.toggle(),
  help: () => byId("help-dialog").showModal(),
  unsent: () => unsentDialog.open(),
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
  pressed = event.timeStamp;
  wake();
  ACTIONS[asked.action](asked);
  if (onStage && watch.shown === state.uid) pressed = null;
}

// After a long pause others may have what was here: leases run out.
async function wake() {
  if (!supply.atWork()) return;
  state.dropAhead();
  supply.refill({ renew: true });
  const item = state.current;
  if (!item || isFinished(item)) return;
  try {
    const fresh = await get(config.urls.item.replace("__uid__", item.uid));
    if (state.items.get(item.uid) === item) state.fill(fresh, queue.waiting);
  } catch (error) {
    if (error.kind !== "missing" || state.items.get(item.uid) !== item) return;
    state.drop(item.uid);
    view.hint("While you were away, that image went to another reviewer.");
    if (state.current && isFinished(state.current)) state.advance();
  }
  render();
}

function listen() {
  listenToKeys(perform);
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
  addEventListener("pointermove", wake, { passive: true });
  document.addEventListener("visibilitychange", () => onVisibility());
  addEventListener("online", () => {
    pictures.forgetFailed();
    supply.refill();
  });
  addEventListener("focus", () => queue.failure && queue.flush());
}

function clickVerdict(verdict, row, event) {
  pressed = event.timeStamp;
  wake();
  judge(verdict, row ? Number(row.dataset.class) : undefined);
}

// Time away from the page doesn't count as time spent on the image.
let hiddenAt = 0;
function onVisibility() {
  if (document.hidden) {
    hiddenAt = performance.now();
    return;
  }
  watch.since += performance.now() - hiddenAt;
  wake();
  refreshProgress();
}

async function start() {
  initDialogs();
  listen();
  new view.SavedIndicator(queue);
  const search = { classes: classes.classes, onPick: add, exclude: isPresent };
  attachClassSearch(byId("add"), byId("found"), search);
  render();
  refreshProgress();
  setInterval(() => document.hidden || refreshProgress(), PROGRESS_MS);
}

function isPresent(found) {
  return Boolean(state.current?.candidates.some((one) => one.class === found.index));
}

await start();
