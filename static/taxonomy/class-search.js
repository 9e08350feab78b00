// Search among the classes of a taxonomy, in the browser: no request per keystroke.
//
//   const { classes, byIndex, thumbs } = await loadClasses(url);
//   attachClassSearch(input, listbox, { classes, onPick: (found) => … });
//
// or both by `attachWhenLoaded`.
//
// A class: { index, key, names, definition, path, above, groups, group }. `path` holds the names
// of what is above it, nearest first, on one way up; `above` the nodes on every way; `group` is
// the smallest of its groups. For `thumbs` see thumbs.js.

import { option } from "./class-option.js";
import { KIND, findClasses, prepare, searchClasses } from "./class-ranking.js";
import { fold } from "./class-words.js";

export { findClasses, fold, searchClasses };

const CHUNK = 12;
const PAGE = 6;
const KINDS_SHOWN = 3;
const NEAR_END_PX = 300;

const loading = new Map();
const thumbsOf = new WeakMap(); // of a list of classes
let lists = 0;

// The classes behind an address of the class index, fetched once for all boxes of a page.
export function loadClasses(url) {
  if (!loading.has(url)) {
    const promise = fetchClasses(url);
    promise.catch(() => loading.delete(url));
    loading.set(url, promise);
  }
  return loading.get(url);
}

async function fetchClasses(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`The class list did not load (${response.status}).`);
  const data = await response.json();
  const nodes = data.ancestors.map((names) => ({ names }));
  const groups = groupsBySize(data);
  const classes = data.classes.map((found, index) => ({
    index,
    key: found.key,
    names: found.names,
    definition: found.definition,
    path: found.path.map((place) => nodes[place].names[0]),
    above: [...found.path, ...found.also].map((place) => nodes[place]),
    groups: found.groups.map((place) => data.groups[place]),
    group: groups.find((place) => found.groups.includes(place.place))?.name ?? "",
  }));
  prepare(classes);
  thumbsOf.set(classes, data.thumbs);
  const byIndex = new Map(classes.map((found) => [found.index, found]));
  return { classes, byIndex, thumbs: data.thumbs };
}

// The groups that say something of a class, the smallest first.
function groupsBySize({ groups, classes }) {
  const sizes = groups.map(() => 0);
  for (const found of classes) for (const place of found.groups) sizes[place] += 1;
  return groups
    .map((name, place) => ({ name, place }))
    .filter(({ name }) => name !== "all" && !name.startsWith("without-"))
    .sort((a, b) => sizes[a.place] - sizes[b.place]);
}

// Makes a text input and an empty element beside it a combobox over the classes (WAI-ARIA APG,
// "Editable Combobox With List Autocomplete"); the best match is always the active one.
//
// onPick(found) is called with the class chosen by Enter or pointer; classes for which
// exclude(found) is true are left out. Keys that the search uses do not reach the page. Returns
// { clear } to empty and close it.
export function attachClassSearch(input, listbox, { classes, onPick, exclude = () => false }) {
  const { popup, note, status } = dress(input, listbox);
  const thumbs = thumbsOf.get(classes) ?? null;
  let result = null;
  let hits = [];
  let active = -1;
  let scrolled = false;

  prepare(classes);

  function show(found) {
    result = found;
    hits = found ? found.hits.filter((hit) => !exclude(hit.found)) : [];
    const open = hits.length > 0;
    listbox.replaceChildren(...options(0, CHUNK));
    note.replaceChildren(...(open ? noteText(found) : []));
    note.hidden = !note.childNodes.length;
    popup.hidden = !open;
    scrollUp();
    input.setAttribute("aria-expanded", String(open));
    active = -1;
    activate(open ? 0 : -1);
  }

  function options(from, to) {
    return hits.slice(from, to).map((hit, i) => {
      const place = from + i;
      return option(hit, result, { id: `${listbox.id}-${place}`, place, count: hits.length, thumbs });
    });
  }

  function renderUpTo(count) {
    const from = listbox.children.length;
    if (from < Math.min(count, hits.length)) listbox.append(...options(from, count));
  }

  function activate(place) {
    listbox.children[active]?.setAttribute("aria-selected", "false");
    active = place;
    renderUpTo(place + PAGE);
    const element = listbox.children[place];
    if (!element) return input.removeAttribute("aria-activedescendant");
    element.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", element.id);
    if (place === 0) scrollUp();
    else element.scrollIntoView({ block: "nearest" });
    scrolled ||= place > 0;
  }

  // Only if need be: it makes the browser lay out the list at once.
  function scrollUp() {
    if (scrolled) listbox.scrollTop = 0;
    scrolled = false;
  }

  function search() {
    const asked = Boolean(input.value.trim());
    show(asked ? findClasses(classes, input.value) : null);
    status.textContent = asked ? statusText(hits.length, note.textContent) : "";
    status.classList.toggle("is-empty", asked && hits.length === 0);
  }

  function close() {
    show(null);
    status.textContent = "";
    status.classList.remove("is-empty");
  }

  function clear() {
    input.value = "";
    close();
  }

  function pick(place) {
    const hit = hits[place];
    if (!hit) return;
    clear();
    onPick(hit.found);
  }

  const to = (place) => activate(Math.max(0, Math.min(place, hits.length - 1)));
  const anyTime = {
    ArrowDown: () => (hits.length ? activate((active + 1) % hits.length) : search()),
    ArrowUp: () => (hits.length ? activate((active - 1 + hits.length) % hits.length) : search()),
    Enter: () => pick(active),
    Escape: () => (hits.length ? close() : clear()),
  };
  const whileOpen = {
    Home: () => to(0),
    End: () => to(hits.length - 1),
    PageUp: () => to(active - PAGE),
    PageDown: () => to(active + PAGE),
  };

  input.addEventListener("keydown", (event) => {
    const action = anyTime[event.key] ?? (hits.length && !event.shiftKey && whileOpen[event.key]);
    if (!action || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    // An Escape that has nothing to close or empty is the page's.
    if (event.key === "Escape" && !hits.length && !input.value) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
  input.addEventListener("input", search);
  input.addEventListener("blur", close);
  listbox.addEventListener("scroll", () => {
    scrolled = true;
    if (listbox.scrollTop + listbox.clientHeight > listbox.scrollHeight - NEAR_END_PX) {
      renderUpTo(listbox.children.length + CHUNK);
    }
  });
  // The focus stays in the input, so that the list is not closed before the click arrives.
  popup.addEventListener("pointerdown", (event) => event.preventDefault());
  popup.addEventListener("mousedown", (event) => event.preventDefault());
  listbox.addEventListener("click", (event) => {
    const element = event.target.closest("[role=option]");
    if (element) pick([...listbox.children].indexOf(element));
  });
  if (input.value && document.activeElement === input) search();
  return { clear };
}

// The same as soon as the classes behind an address are there, for an input that people may be
// quicker in: what they typed is searched for then, and if they pressed Enter the best match taken.
// Resolves to what `loadClasses` does.
export async function attachWhenLoaded(input, listbox, url, options) {
  let entered = false;
  const listen = (event) => {
    entered = event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey;
    if (entered) event.preventDefault();
  };
  input.addEventListener("keydown", listen);
  let loaded;
  try {
    loaded = await loadClasses(url);
  } finally {
    input.removeEventListener("keydown", listen);
  }
  attachClassSearch(input, listbox, { ...options, classes: loaded.classes });
  if (entered && document.activeElement === input) {
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  }
  return loaded;
}

// Roles and labels, and around the list a frame that can bear a note.
function dress(input, listbox) {
  const popup = document.createElement("div");
  const note = document.createElement("p");
  const status = document.createElement("p");
  lists += 1;
  listbox.id ||= `classes-found-${lists}`;
  listbox.setAttribute("role", "listbox");
  if (!listbox.hasAttribute("aria-labelledby")) listbox.setAttribute("aria-label", "Classes");
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", listbox.id);
  input.setAttribute("autocomplete", "off");
  input.setAttribute("autocapitalize", "off");
  input.setAttribute("spellcheck", "false");
  note.className = "class-search-note";
  popup.className = "class-search";
  popup.hidden = true;
  status.className = "class-search-status";
  status.setAttribute("role", "status");
  listbox.hidden = false;
  listbox.replaceWith(popup);
  popup.append(note, listbox);
  popup.after(status);
  return { popup, note, status };
}

const DOUBTS = {
  [KIND.SIMILAR]: "Nothing is spelled so; these are similar. ",
  [KIND.PARTIAL]: "Nothing has all these words; these have some.",
};

// "Kinds of terrier: 26 classes", and whether the classes match only so far.
function noteText({ hits, kinds }) {
  const lines = [DOUBTS[hits[0].kind] ?? ""].filter(Boolean);
  kinds.slice(0, KINDS_SHOWN).forEach(({ node, classes }, place) => {
    const name = document.createElement("strong");
    name.textContent = node.names[0];
    lines.push(place ? " · " : "Kinds of ", name, `: ${classesText(classes)}`);
  });
  return lines;
}

const classesText = (count) => (count === 1 ? "1 class" : `${count} classes`);

function statusText(count, note) {
  if (count === 0) return "No class matches. Try another word for it, or what it is a kind of.";
  return note ? `${classesText(count)}. ${note}` : classesText(count);
}
