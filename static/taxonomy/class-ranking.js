// Which classes match a text, best first. Pure functions.

import {
  AS_PLURAL,
  AS_PREFIX,
  NO,
  costs,
  endings,
  holdings,
  markTexts,
  matchTexts,
  numberWords,
  ones,
  similarCosts,
} from "./class-vocabulary.js";
import { fold, formsOf, squeeze, wordsOf } from "./class-words.js";

// How a class can match, best first.
export const KIND = {
  EXACT: 0, // a name, the key or the class index
  PLURAL: 1, // a name but for the ending
  PREFIX: 2, // a name begins so
  WORDS: 3, // words of a name begin so, in any order
  MIXED: 4, // some words are of its names, the others of what is above it
  ANCESTOR: 5, // words of something above it begin so
  COMPOUND: 6, // a word of a name ends so
  DEFINITION: 7, // whole words of its definition, its names and what is above it
  SIMILAR: 8, // one of EXACT to ANCESTOR but for typing errors
  INSIDE: 9, // a name holds it somewhere
  LOOSE: 10, // DEFINITION, with words that only begin so
  PARTIAL: 11, // some words are of its names, others of nothing
};
const { EXACT, PLURAL, PREFIX, WORDS, MIXED, ANCESTOR, COMPOUND, DEFINITION, SIMILAR, INSIDE, LOOSE, PARTIAL } = KIND;

const FEW = 3;
const MOST_WORDS = 16;
const STOP_WORDS = new Set("a an and as at by for from in is of on or that the to used with".split(" "));

const prepared = new WeakMap();

// Numbers the words of a list of classes; done once for a list.
export function prepare(classes) {
  if (!prepared.has(classes)) prepared.set(classes, numberWords(classes));
  return prepared.get(classes);
}

// What is found for a text: { hits, kinds, similar, words }.
//
// `hits` holds { found, kind } for every class that matches, best first: by KIND, then whole words
// before beginnings, the usual name before others, short names before long, the class index.
// `kinds` are the nodes above classes that the text names: { node, classes } with the number of
// classes under it. `similar` says that all of that holds only if there are typing errors.
export function findClasses(classes, text) {
  const query = queryOf(text);
  if (!query.folded) return { hits: [], kinds: [], similar: false, words: [] };
  const index = prepare(classes);
  const typed = query.readings.map((words) => words.map((word) => costs(index.vocabulary, word)));
  let readings = typed.map((found, i) => readingOf(index, query, query.readings[i], found));
  let ranks = bestRanks(index, readings, rankOf);
  const exact = readings;
  const named = ranks.some((rank) => kindOf(rank) <= ANCESTOR);
  if (!named) ranks = withInside(index, query, ranks);
  for (const manner of mannersOfError(ranks, query)) {
    const near = typed.map((found, i) =>
      found.map((real, j) => similarCosts(index.vocabulary, query.readings[i][j], real, manner)),
    );
    readings = near.map((found, i) => readingOf(index, query, query.readings[i], found));
    const similar = bestRanks(index, readings, rankOfSimilar);
    ranks = ranks.map((rank, place) => Math.min(rank, similar[place]));
    if (similar.some((rank) => rank < Infinity)) break;
  }
  if (ranks.every((rank) => rank === Infinity)) ranks = bestRanks(index, exact, rankOfPart);
  const order = Float64Array.from(ranks.filter((rank) => kindOf(rank) < (named ? INSIDE : Infinity))).sort();
  const hits = Array.from(order, (rank) => ({ found: classes[placeOf(rank)], kind: kindOf(rank) }));
  const similar = hits.length > 0 && hits[0].kind >= SIMILAR;
  const kinds = similar ? kindsNamed(index, readings, costOf(order[0])) : kindsNamed(index, exact);
  return { hits, kinds, similar, words: query.words };
}

// The classes alone.
export function searchClasses(classes, text, limit = Infinity) {
  return findClasses(classes, text)
    .hits.slice(0, limit)
    .map((hit) => hit.found);
}

// A text is read as the words that it has and as one word written apart.
function queryOf(text) {
  const folded = fold(text);
  const words = wordsOf(folded).slice(0, MOST_WORDS);
  const compact = squeeze(folded);
  const before = words.slice(0, -1).join("");
  return {
    folded,
    compact,
    words,
    readings: words.length > 1 ? [words, [compact]] : [words],
    singulars: new Set(words.length ? formsOf(words.at(-1)).map((form) => before + form) : []),
  };
}

function readingOf({ ancestors, texts, vocabulary }, query, words, found) {
  const all = 2 ** words.length - 1;
  const stops = words.reduce((mask, word, i) => mask | (STOP_WORDS.has(word) << i), 0);
  const reading = {
    query,
    words,
    found: matchTexts(texts, found),
    all,
    free: stops === all ? 0 : stops, // what a definition need not have
    endings: words.length === 1 ? markTexts(texts, endings(vocabulary, words[0])) : null,
    // One letter and, in a definition, two letters begin too many words.
    wholeAbove: words.some((word) => word.length < 2),
    wholeInText: words.some((word) => word.length < 3),
  };
  return { ...reading, ...nodesMatched(ancestors, reading) };
}

function withInside({ entries, texts, vocabulary }, query, ranks) {
  const marked = markTexts(texts, holdings(vocabulary, query.compact));
  return ranks.map((rank, place) => Math.min(rank, rankMarked(entries[place], place, marked, INSIDE)));
}

function bestRanks({ entries }, readings, rankBy) {
  return entries.map((entry, place) => {
    let best = Infinity;
    for (const reading of readings) best = Math.min(best, rankBy(entry, place, reading));
    return best;
  });
}

// Errors are looked for where nothing matches by name or ancestor, and beside a few names that
// only begin so: "candel" may be the candelabrum or a candle.
function mannersOfError(ranks, query) {
  const strong = ranks.filter((rank) => kindOf(rank) <= ANCESTOR);
  if (!strong.length) return [{ begins: true }, { wide: true }];
  const unfinished = strong.every((rank) => kindOf(rank) > PLURAL && costOf(rank) >= AS_PREFIX);
  return unfinished && strong.length <= FEW && query.words.at(-1).length > 4 ? [{}] : [];
}

// A rank in one number that sorts: kind, cost, place of the name, its length, place of the class.
function rank(kind, cost, name, length, place) {
  const head = (kind * 128 + Math.min(cost, 127)) * 64 + Math.min(name, 63);
  return (head * 256 + Math.min(length, 255)) * 2 ** 20 + place;
}
const placeOf = (rank) => rank % 2 ** 20;
const kindOf = (rank) => Math.floor(rank / 2 ** 41);
const costOf = (rank) => Math.floor(rank / 2 ** 34) % 128;

// For every node above classes: the words typed that it has, and how well all of them name it:
// 0 its name, 1 its name in plural or in another order, more for beginnings; NO if not all.
function nodesMatched(ancestors, { query, words, found, all, wholeAbove }) {
  const masks = new Int32Array(ancestors.length);
  const fits = new Uint8Array(ancestors.length).fill(NO);
  const mask = wholeAbove ? found.whole : found.mask;
  ancestors.forEach(({ names }, place) => {
    for (const { text, compact, count } of names) {
      masks[place] |= mask[text];
      if (mask[text] !== all) continue;
      const more = count > words.length ? AS_PREFIX : 0;
      const fit = compact === query.compact ? 0 : Math.max(found.cost[text], AS_PLURAL) + more;
      if (fit < fits[place]) fits[place] = fit;
    }
  });
  return { masks, fits };
}

const isWholeName = (fit) => fit <= AS_PLURAL;

// The nodes that the text names: in full if there are any, else those that begin so; if there are
// typing errors, those that are named as well as the best class.
function kindsNamed({ ancestors }, readings, cost = NO - 1) {
  const named = ancestors
    .map(({ node, classes }, place) => ({ node, classes, fit: Math.min(...readings.map(({ fits }) => fits[place])) }))
    .filter(({ fit }) => fit <= cost);
  const full = named.filter(({ fit }) => isWholeName(fit));
  return (full.length ? full : named).sort((a, b) => b.classes - a.classes);
}

function rankOf(entry, place, reading) {
  const { query, found, all } = reading;
  if (entry.key === query.compact || entry.index === query.folded) return rank(EXACT, 0, 0, 0, place);
  let best = Infinity;
  let own = 0;
  for (let i = 0; i < entry.names.length; i += 1) {
    const { text, compact, length } = entry.names[i];
    own |= found.mask[text];
    if (found.mask[text] !== all) continue;
    best = Math.min(best, rank(kindOfName(compact, query), found.cost[text], i, length, place));
  }
  if (best < Infinity) return best;
  return Math.min(
    reading.endings ? rankMarked(entry, place, reading.endings, COMPOUND) : Infinity,
    rankAbove(entry, place, reading, own),
    rankByText(entry, place, reading, own),
  );
}

function kindOfName(compact, query) {
  if (compact === query.compact) return EXACT;
  if (query.singulars.has(compact)) return PLURAL;
  return compact.startsWith(query.compact) ? PREFIX : WORDS;
}

// The first of its names that is marked.
function rankMarked({ names }, place, marked, kind) {
  for (let i = 0; i < names.length; i += 1) {
    if (marked[names[i].text]) return rank(kind, 0, i, names[i].length, place);
  }
  return Infinity;
}

function rankAbove({ above }, place, { masks, fits, all }, own) {
  let best = Infinity;
  let known = own;
  for (let distance = 0; distance < above.length; distance += 1) {
    const node = above[distance];
    known |= masks[node];
    if (fits[node] === NO) continue;
    // Under a node that was named in full, classes stay in their own order.
    best = Math.min(best, rank(ANCESTOR, fits[node], isWholeName(fits[node]) ? 0 : distance, 0, place));
  }
  return own && known === all && best === Infinity ? rank(MIXED, 0, 0, 0, place) : best;
}

function rankByText({ above, definition }, place, { found, masks, all, free, wholeInText }, own) {
  let known = own | free;
  for (let i = 0; i < above.length; i += 1) known |= masks[above[i]];
  if ((known | found.whole[definition]) === all) return rank(DEFINITION, 0, 0, 0, place);
  const begun = wholeInText ? 0 : found.mask[definition];
  return (known | begun) === all ? rank(LOOSE, 0, 0, 0, place) : Infinity;
}

// With typing errors the cost decides before the kind.
function rankOfSimilar({ names, above }, place, { words, found, masks, fits, all }) {
  let cost = NO;
  let name = null;
  let own = 0;
  for (let i = 0; i < names.length; i += 1) {
    const { text, count, length } = names[i];
    own |= found.mask[text];
    if (found.mask[text] !== all || found.cost[text] >= cost) continue;
    cost = found.cost[text];
    name = { place: (count === words.length ? EXACT : WORDS) * 8 + Math.min(i, 7), length };
  }
  let known = own;
  for (let i = 0; i < above.length; i += 1) {
    known |= masks[above[i]];
    if (fits[above[i]] < cost) {
      cost = fits[above[i]];
      name = { place: ANCESTOR * 8, length: 0 };
    }
  }
  if (name) return rank(SIMILAR, cost, name.place, name.length, place);
  return own && known === all ? rank(SIMILAR, 127, MIXED * 8, 0, place) : Infinity;
}

// Where nothing has all words: the names that have most of them whole.
function rankOfPart({ names }, place, { words, found, free }) {
  let best = Infinity;
  for (let i = 0; i < names.length; i += 1) {
    const had = ones(found.whole[names[i].text] & ~free);
    if (had) best = Math.min(best, rank(PARTIAL, words.length - had, i, names[i].length, place));
  }
  return best;
}
