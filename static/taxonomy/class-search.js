// Search among the classes of a taxonomy, in the browser: no request per keystroke.
//
//   const { classes } = await loadClasses(url);
//   attachClassSearch(input, listbox, { classes, onPick: (found) => … });
//
// A class: { index, key, names, definition, path, groups }, where path holds the names of what is
// above it, nearest first.

const SHOWN = 12;
const PATH_SHOWN = 3;

export async function loadClasses(url) {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`The class list did not load (${response.status}).`);
  const data = await response.json();
  const ancestors = data.ancestors.map((names) => ({ name: names[0], folded: names.map(fold) }));
  const classes = data.classes.map((found, index) => prepare(found, index, data.groups, ancestors));
  return { classes, byIndex: new Map(classes.map((found) => [found.index, found])) };
}

function prepare(found, index, groups, ancestors) {
  const above = [...found.path, ...found.also].map((place) => ancestors[place].folded);
  const names = found.names.map(fold);
  return {
    index,
    key: found.key,
    names: found.names,
    definition: found.definition,
    path: found.path.map((place) => ancestors[place].name),
    groups: found.groups.map((place) => groups[place]),
    search: {
      names,
      compact: names.map(squeeze),
      words: names.map(wordsOf),
      above,
      aboveWords: above.map((forms) => forms.map(wordsOf)),
      all: wordsOf([...names, ...above.flat(), fold(found.definition)].join(" ")),
    },
  };
}

// Lower case; accents, apostrophes and hyphens gone: "Pêche-Melba's" becomes "peche melbas".
export function fold(text) {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f'’.]/g, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

const squeeze = (folded) => folded.replaceAll(" ", "");
const wordsOf = (folded) => (folded ? folded.split(" ") : []);

// The classes that match, best first; none for an empty text.
//
// Classes are ranked by how they match: exact name (or key, or index); a name that begins so; a
// name whose words begin so, in any order; a name that contains it; something above the class
// whose words begin so, the nearest first; words of its name, definition and what is above it.
// Among equals: the usual name before others, short names before long, then the class index.
export function searchClasses(classes, text, limit = SHOWN) {
  const folded = fold(text);
  if (!folded) return [];
  const query = { folded, compact: squeeze(folded), words: wordsOf(folded) };
  const hits = [];
  for (const found of classes) {
    const rank = rankOf(found, query);
    if (rank !== null) hits.push({ found, rank });
  }
  hits.sort((a, b) => compareRanks(a.rank, b.rank) || a.found.index - b.found.index);
  return hits.slice(0, limit).map((hit) => hit.found);
}

function compareRanks(a, b) {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function rankOf(found, query) {
  if (found.key.toLowerCase() === query.compact || String(found.index) === query.folded) {
    return [0, 0, 0];
  }
  const byName = rankByName(found.search, query);
  if (byName) return byName;
  const distance = found.search.aboveWords.findIndex((forms) =>
    forms.some((words) => allBegin(words, query.words)),
  );
  if (distance >= 0) return [4, distance, 0];
  return allBegin(found.search.all, query.words) ? [5, 0, 0] : null;
}

function rankByName({ names, compact, words }, query) {
  let best = null;
  for (let i = 0; i < names.length; i += 1) {
    const kind = matchOf(names[i], compact[i], words[i], query);
    if (kind >= 0) {
      const rank = [kind, i, names[i].length];
      if (!best || compareRanks(rank, best) < 0) best = rank;
    }
  }
  return best;
}

function matchOf(name, compact, words, query) {
  if (compact === query.compact) return 0;
  if (compact.startsWith(query.compact)) return 1;
  if (allBegin(words, query.words)) return 2;
  return name.includes(query.folded) ? 3 : -1;
}

// Whether every wanted word begins one of the words.
function allBegin(words, wanted) {
  return wanted.every((start) => words.some((word) => word.startsWith(start)));
}

// Makes a text input and an empty element beside it a combobox over the classes (WAI-ARIA APG,
// "Editable Combobox With List Autocomplete"); the best match is always the active one.
//
// onPick(found) is called with the class chosen by Enter or pointer; classes for which
// exclude(found) is true are left out. Keys that the search uses do not reach the page. Returns
// { clear } to empty and close it.
export function attachClassSearch(input, listbox, { classes, onPick, exclude = () => false }) {
  const status = document.createElement("p");
  let shown = [];
  let active = -1;

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("autocomplete", "off");
  input.setAttribute("spellcheck", "false");
  listbox.id ||= `classes-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  input.setAttribute("aria-controls", listbox.id);
  listbox.setAttribute("role", "listbox");
  if (!listbox.hasAttribute("aria-labelledby")) listbox.setAttribute("aria-label", "Classes");
  listbox.classList.add("class-search");
  listbox.hidden = true;
  status.className = "class-search-status";
  status.setAttribute("role", "status");
  listbox.after(status);

  function show(found) {
    shown = found;
    listbox.replaceChildren(...found.map((item, place) => option(item, `${listbox.id}-${place}`)));
    listbox.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    activate(found.length ? 0 : -1);
  }

  function activate(place) {
    listbox.children[active]?.setAttribute("aria-selected", "false");
    active = place;
    const element = listbox.children[place];
    if (!element) return input.removeAttribute("aria-activedescendant");
    element.setAttribute("aria-selected", "true");
    element.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", element.id);
  }

  function search() {
    const wanted = classes.filter((item) => !exclude(item));
    show(searchClasses(wanted, input.value));
    status.textContent = input.value.trim() ? countText(shown.length) : "";
    status.classList.toggle("is-empty", Boolean(input.value.trim()) && shown.length === 0);
  }

  function close() {
    show([]);
    status.textContent = "";
    status.classList.remove("is-empty");
  }

  function clear() {
    input.value = "";
    close();
  }

  function pick(place) {
    const found = shown[place];
    if (!found) return;
    clear();
    onPick(found);
  }

  const keys = {
    ArrowDown: () => (shown.length ? activate((active + 1) % shown.length) : search()),
    ArrowUp: () => (shown.length ? activate((active - 1 + shown.length) % shown.length) : search()),
    Enter: () => pick(active),
    Escape: () => (shown.length ? close() : clear()),
  };

  input.addEventListener("keydown", (event) => {
    const action = keys[event.key];
    if (!action || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    // An Escape that has nothing to close or empty is the page's.
    if (event.key === "Escape" && !shown.length && !input.value) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
  input.addEventListener("input", search);
  input.addEventListener("blur", close);
  // The focus stays in the input, so that the list is not closed before the click arrives.
  listbox.addEventListener("pointerdown", (event) => event.preventDefault());
  listbox.addEventListener("mousedown", (event) => event.preventDefault());
  listbox.addEventListener("click", (event) => {
    const element = event.target.closest("[role=option]");
    if (element) pick([...listbox.children].indexOf(element));
  });
  return { clear };
}

function countText(count) {
  if (count === 0) return "No class matches. Try another word for it, or what it is a kind of.";
  return count === 1 ? "1 class" : `${count < SHOWN ? count : `First ${SHOWN}`} classes`;
}

function option(found, id) {
  const element = document.createElement("li");
  element.id = id;
  element.className = "class-search-option";
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  const [name, ...others] = found.names;
  element.append(
    part("class-search-name", name),
    part("class-search-others", others.join(", ")),
    part("class-search-definition", found.definition),
    part("class-search-path", found.path.slice(0, PATH_SHOWN).reverse().join(" › ")),
  );
  return element;
}

function part(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}
