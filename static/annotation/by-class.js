// Reviewing by class: a page of images of one class, marked and confirmed together.

import { loadClasses } from "../taxonomy/class-search.js";
import { Drafts, keep, stored } from "./by-class-drafts.js";
import { TileGrid } from "./by-class-grid.js";
import { largeActions, pageActions } from "./by-class-keys.js";
import { LargeView } from "./by-class-large.js";
import { ABOUT_ONE, aboutTwo } from "./by-class-question.js";
import { PageState } from "./by-class-state.js";
import * as head from "./by-class-view.js";
import { CommentDialog, ProblemDialog } from "./review-dialogs.js";
import { Pictures } from "./review-images.js";
import { listenToKeys } from "./review-keys.js";
import { ClassPanel } from "./review-panel.js";
import { makeId } from "./review-queue.js";
import { Session } from "./review-session.js";
import * as view from "./review-view.js";

const KEPT = 144; // pictures: of six pages
const TOO_SOON_MS = 400; // nobody has looked at a page before that
const byId = view.byId;
const config = JSON.parse(byId("review-config").textContent);
const classes = await loadClasses(config.classes_url).catch(() => ({ byIndex: new Map() }));
const owner = `${config.reviewer}:${config.round.id}`;
const proposalKey = `tusker.proposal:${owner}`;

const question = config.pair ? aboutTwo(...config.pair.map(label)) : ABOUT_ONE;
const state = new PageState({
  makeId,
  question,
  history: config.history,
  proposal: stored(proposalKey) ?? question.proposals[0],
  drafts: new Drafts(owner),
});
const pictures = new Pictures(KEPT);
const session = new Session({
  config, state, pictures, nameOp, render,
  stage: byId("page"),
  itemUrl: config.urls.page,
  noun: "page",
  stock: { low: 2, full: 3 },
});
const grid = new TileGrid(byId("tiles"), pictures, question, render);
const large = new LargeView(largeActions(question), perform);
const panel = new ClassPanel(
  byId("class-panel"),
  (index) => config.urls.panel.replace("__class__", index),
  { name: "tusker.by-class-panel", open: matchMedia("(min-width: 50.01rem)").matches },
);
const trace = new view.Trace();
const isSeen = (tile) => grid.isSeen(tile);
const answerTo = (tile) => state.answer(tile, isSeen);

function nameOf(index) {
  return classes.byIndex.get(index) ?? { names: [`class ${index}`], definition: "" };
}

function label(index) {
  return nameOf(index).names[0];
}

function nameOp(op) {
  return [op.verdict ?? op.type, op.class === undefined ? "" : label(op.class)].join(" ");
}

// --- Showing

function render() {
  const page = state.current;
  const isNew = grid.build(page);
  if (isNew) session.leave();
  grid.update(page, state.cursor, answerTo);
  head.showAsked(page?.classes ?? [], nameOf);
  head.showProposal(state.proposal);
  head.showCounts(page, answerTo, question, page && state.missing(isSeen));
  view.showRemarks(state.tile);
  showAvailable(page);
  large.show(page, state.cursor);
  if (!page) session.showNothing();
  else if (isNew) showPage(page);
  fetchAhead();
  session.supply.refill();
}

async function showPage(page) {
  view.showMessage("");
  await grid.settled(page);
  if (state.name !== page.turn) return;
  await session.afterPaint(page.turn);
  render(); // what was seen now has a proposal
  panel.follow(page.classes);
}

function showAvailable(page) {
  const isOpen = page && !state.isFinished(page);
  head.enable({
    look: page, problem: page, comment: page, confirm: page, skip: isOpen,
    back: state.position > 0, undo: state.steps.length > 0,
  });
  head.showAnswer(state.tile && answerTo(state.tile));
}

function fetchAhead() {
  for (const turn of state.ahead) state.items.get(turn)?.tiles.forEach((tile) => grid.picture(tile));
}

function speak() {
  if (state.tile) view.setText(byId("spoken"), grid.speak(state.current, state.cursor, answerTo));
}

// --- Marking and saying

function mark(answer) {
  if (!session.isSeen) return undefined;
  if (!state.mark(answer)) return view.hint("This image is marked as problematic.");
  return move(state.cursor + 1);
}

function toggle(place) {
  if (!session.isSeen) return;
  state.pick(place);
  if (!state.toggle(isSeen)) view.hint("This image is marked as problematic.");
  move(place);
}

function move(place) {
  state.pick(place);
  trace.hide();
  render();
  speak();
}

function propose() {
  if (!state.current) return;
  state.propose();
  keep(proposalKey, state.proposal);
  render();
  view.hint(`The rest is: ${head.nameOfAnswer(question, state.proposal)}`);
}

function confirm() {
  const page = state.current;
  if (!page) return undefined;
  if (!session.isSeen) return view.hint("The images are still on their way.");
  const isUntouched = !state.isFinished(page) && !Object.keys(state.marks).length;
  if (isUntouched && performance.now() - session.watch.since < TOO_SOON_MS) return undefined;
  const missing = state.missing(isSeen).length;
  if (missing) return view.hint(`${missing} not seen and not marked: mark what you can tell, or load again.`);
  const counts = head.countsOf(page, answerTo, question).map((one) => ({ ...one, text: one.count }));
  const ops = state.confirm(session.elapsed(), isSeen);
  session.send(page, ops);
  if (ops.length) trace.show(null, counts, true);
  else trace.hide();
  return render();
}

function say(change) {
  if (!session.isSeen || !state.tile) return;
  const before = state.current;
  session.send(before, change());
  render();
  speak();
}

function skip() {
  const before = state.current;
  if (!before || state.isFinished(before)) return view.hint("This page is done.");
  session.send(before, state.skip());
  trace.show(null, [{ verdict: "skip", text: "Skipped" }], false);
  return render();
}

function undo() {
  const last = state.steps.at(-1);
  if (!last) return view.hint("There is nothing to undo.");
  session.send(state.items.get(last.name), state.undo(session.elapsed()));
  keep(proposalKey, state.proposal);
  trace.hide();
  view.hint(head.undoneText(last, question));
  render();
  return speak();
}

// --- Acting

const problemDialog = new ProblemDialog(config.reasons, (problematic, reason) =>
  say(() => state.setProblem(problematic, reason)),
);
const commentDialog = new CommentDialog((text) => say(() => state.comment(text)));
const STEPS = {
  left: () => state.cursor - 1,
  right: () => state.cursor + 1,
  up: () => (state.cursor < grid.across ? state.cursor : state.cursor - grid.across),
  down: () => state.cursor + grid.across,
  first: () => 0,
  last: () => Infinity,
};
const ACTIONS = {
  mark: ({ answer }) => mark(answer),
  cursor: ({ to }) => move(STEPS[to]()),
  left: () => move(STEPS.left()),
  right: () => move(STEPS.right()),
  confirm,
  propose,
  undo,
  skip,
  look: () => session.isSeen && large.open(state.current, state.cursor),
  problem: () => session.isSeen && state.tile && problemDialog.open(state.tile),
  comment: () => session.isSeen && state.tile && commentDialog.open(),
  back: () => (state.back() ? leave() : view.hint("This is the first page.")),
  larger: () => resize(1),
  smaller: () => resize(-1),
  reload,
  info: () => panel.toggle(),
  help: () => byId("help-dialog").showModal(),
  round: () => byId("round-dialog").showModal(),
  unsent: () => session.unsent.open(),
  close: () => (large.isOpen ? large.close() : closeAll()),
  fit: () => large.stage.fit(),
  "zoom-in": () => large.stage.zoomBy(1),
  "zoom-out": () => large.stage.zoomBy(-1),
  pan: ({ by }) => large.stage.panBy(...by),
};

function leave() {
  trace.hide();
  render();
  speak();
}

function closeAll() {
  trace.hide();
  view.hint("");
  document.activeElement?.blur();
}

function resize(by) {
  grid.resize(by);
  render();
}

function reload() {
  pictures.forgetFailed();
  grid.shown = "";
  render();
}

function perform(asked, event) {
  session.pressed = event.timeStamp;
  session.wake();
  ACTIONS[asked.action](asked);
  if (session.isSeen) session.pressed = null;
}

function click(event) {
  const button = event.target.closest("button");
  if (!button) return;
  const { action, answer, size, proposal } = button.dataset;
  const place = [...byId("tiles").children].indexOf(button.closest(".tile"));
  if (action) perform({ action }, event);
  else if (answer) perform({ action: "mark", answer }, event);
  else if (size) resize(size);
  else if (proposal) proposal === state.proposal || propose();
  else if (button.matches(".tile-zoom")) {
    move(place);
    ACTIONS.look();
  } else if (place >= 0) toggle(place);
  // So that Enter confirms after a click, instead of clicking once more.
  if (event.detail > 0 && byId("review").contains(button)) button.blur();
}

listenToKeys(pageActions(question), perform);
byId("review").addEventListener("click", click);
byId("large-dialog").addEventListener("click", click);
byId("tiles").addEventListener("focusin", (event) => {
  const place = [...byId("tiles").children].indexOf(event.target.closest(".tile"));
  if (event.target.matches(".tile-face:focus-visible") && place !== state.cursor) move(place);
});
head.build(question);
session.start();
