// The page of the hierarchy explorer: the address names the node, and the place is kept.

import { mountExplorer } from "./explorer.js";

// Written when the drawing has come to rest: it takes time, and browsers refuse it when it is done
// hundreds of times a minute.
const REST_MS = 400;
const element = document.getElementById("explorer");
const config = JSON.parse(document.getElementById("explorer-config").textContent);
const thumbs = JSON.parse(document.getElementById("thumbs")?.textContent ?? "null");
const kept = `tusker:explorer:${config.taxonomy}`;
let waiting = 0;
let place = null;

const hrefOf = (address) => `${location.pathname}${address ? `?at=${address}` : ""}`;

// Keys are encoded one by one, so the address is read as it stands.
function fromAddress() {
  const found = location.search.match(/[?&]at=([^&]*)/);
  return found?.[1];
}

function keep(address) {
  place = address;
  clearTimeout(waiting);
  waiting = setTimeout(write, REST_MS);
}

function write() {
  clearTimeout(waiting);
  if (place === null) return;
  history.replaceState(history.state, "", hrefOf(place));
  sessionStorage.setItem(kept, place);
}

addEventListener("pagehide", write);

const classHref = (index) => element.dataset.classPage.replace(/0\/$/, `${index}/`);
const picking = element.dataset.classPage
  ? { classHref, onPick: (index) => location.assign(classHref(index)), pickLabel: "Open the class", enterDoes: "open the class" }
  : {};

try {
  const explorer = await mountExplorer(element, {
    ...config,
    thumbs,
    ...picking,
    start: fromAddress() ?? sessionStorage.getItem(kept) ?? "",
    hrefOf,
    onMove: keep,
  });
  explorer.focus();
} catch (error) {
  element.replaceChildren(`${error.message} Load the page again.`);
}
