// Which classes match a text, best first. Pure functions; the words of all classes are numbered
// once, so that a keystroke compares numbers.

import { allowedErrors, fold, formsOf, misspelling, squeeze, wordsOf } from "./class-words.js";

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

// What it costs that a word typed is a word found: nothing if they are the same.
const AS_PLURAL = 1;
const AS_PREFIX = 2;
const NO = 255;

const FEW = 3;
const MOST_WORDS = 16;
const STOP_WORDS = new Set("a an and as at by for from in is of on or that the to used with".split(" "));

const prepared = new WeakMap();

// Numbers the words of a list of classes; done once for a list.
export function prepare(classes) {
  if (!prepared.has(classes)) prepared.set(classes, numbered(classes));
  return prepared.get(classes);
}

// Words of names come first, so that typing errors need not be looked for in definitions.
function numbered(classes) {
  const numbers = new Map();
  const number = (word) => numbers.get(word) ?? numbers.set(word, numbers.size).get(word);
  const numberAll = (words) => Int32Array.from(new Set(words), number);
  const places = new Map();
  const placeOf = (node) => places.get(node) ?? places.set(node, places.size).get(node);
  const entries = classes.map((found) => ({
    key: found.key.toLowerCase(),
    index: String(found.index),
    names: found.names.map((name) => nameEntry(name, numberAll)),
    above: Int32Array.from(found.above, placeOf),
  }));
  const ancestors = [...places.keys()].map((node) => ({
    node,
    names: node.names.map((name) => nameEntry(name, numberAll)),
    classes: 0,
  }));
  for (const { above } of entries) for (const place of new Set(above)) ancestors[place].classes += 1;
  const inNames = numbers.size;
  entries.forEach((entry, place) => {
    entry.definition = numberAll(wordsOf(fold(classes[place].definition)));
  });
  return { classes, entries, ancestors, vocabulary: vocabularyOf(numbers, inNames) };
}

// Neighbouring words of a name are found written as one, too, and so are all of them.
function nameEntry(name, numberAll) {
  const folded = fold(name);
  const words = wordsOf(folded);
  const joined = words.slice(1).map((word, place) => words[place] + word);
  const compact = squeeze(folded);
  const all = numberAll([...words, ...joined, compact]);
  return { compact, length: folded.length, count: words.length, words: all };
}

function vocabularyOf(numbers, inNames) {
  const words = [...numbers.keys()];
  const byForm = new Map();
  words.forEach((word, number) => {
    for (const form of formsOf(word)) {
      if (byForm.has(form)) byForm.get(form).push(number);
      else byForm.set(form, [number]);
    }
  });
  const sorted = words.map((word, number) => ({ word, number })).sort((a, b) => (a.word < b.word ? -1 : 1));
  return { words, numbers, byForm, sorted, inNames, letters: Int32Array.from(words, lettersIn) };
}

// The cost of every word of the vocabulary as the word typed, NO where it is not.
function costs({ words, numbers, byForm, sorted }, typed) {
  const found = new Uint8Array(words.length).fill(NO);
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle].word < typed) low = middle + 1;
    else high = middle;
  }
  for (; low < sorted.length && sorted[low].word.startsWith(typed); low += 1) {
    found[sorted[low].number] = AS_PREFIX;
  }
  for (const form of formsOf(typed)) {
    for (const number of byForm.get(form) ?? []) found[number] = AS_PLURAL;
  }
  const same = numbers.get(typed);
  if (same !== undefined) found[same] = 0;
  return found;
}

// The same with typing errors: 4 for each, 2 for a mere beginning, 1 for another first letter.
function similarCosts({ words, letters, inNames }, typed, real, { wide, begins }) {
  const allowed = allowedErrors(typed.length, wide);
  if (!allowed) return real;
  const found = real.slice();
  const typedLetters = lettersIn(typed);
  for (let number = 0; number < inNames; number += 1) {
    if (found[number] !== NO || ones(typedLetters & ~letters[number]) > allowed) continue;
    const near = misspelling(typed, words[number], allowed);
    if (!near || (near.begins && !begins)) continue;
    found[number] = near.errors * 4 + (near.begins ? 2 : 0) + (typed[0] === words[number][0] ? 0 : 1);
  }
  return found;
}

// A bit for each of the letters a to z in a word (others share bits): one error changes one bit.
function lettersIn(word) {
  let bits = 0;
  for (let i = 0; i < word.length; i += 1) bits |= 1 << word.charCodeAt(i);
  return bits;
}

function ones(bits) {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count += 1;
  return count;
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
  const named = ranks.some((rank) => kindOf(rank) <= ANCESTOR);
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

// For every word of a name: COMPOUND if it ends as typed, INSIDE if it holds that, else 0.
function insideKinds({ words, inNames }, typed) {
  if (typed.length < 3) return null;
  const kinds = new Uint8Array(inNames);
  for (let number = 0; number < inNames; number += 1) {
    if (!words[number].includes(typed)) continue;
    kinds[number] = typed.length > 3 && words[number].endsWith(typed) ? COMPOUND : INSIDE;
  }
  return kinds;
}

function readingOf({ ancestors, vocabulary }, query, words, found) {
  const all = 2 ** words.length - 1;
  const stops = words.reduce((mask, word, i) => mask | (STOP_WORDS.has(word) << i), 0);
  const reading = {
    query,
    words,
    costs: found,
    all,
    free: stops === all ? 0 : stops, // what a definition need not have
    inside: words.length === 1 ? insideKinds(vocabulary, words[0]) : null,
    // One letter and, in a definition, two letters begin too many words.
    limitAbove: words.some((word) => word.length < 2) ? AS_PLURAL : NO - 1,
    limitInText: words.some((word) => word.length < 3) ? AS_PLURAL : AS_PREFIX,
  };
  return { ...reading, ...nodesMatched(ancestors, reading) };
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

// Which words typed are among the words of a name (bit i for word i), and what that costs.
const seen = { mask: 0, cost: 0 };
function look(words, costs, limit = NO - 1) {
  seen.mask = 0;
  seen.cost = 0;
  for (let i = 0; i < costs.length; i += 1) {
    let best = NO;
    for (let j = 0; j < words.length; j += 1) {
      const cost = costs[i][words[j]];
      if (cost < best) best = cost;
    }
    if (best <= limit && best !== NO) {
      seen.mask |= 1 << i;
      seen.cost += best;
    }
  }
  return seen;
}

// For every node above classes: the words typed that it has, and how well all of them name it:
// 0 its name, 1 its name in plural or in another order, more for beginnings; NO if not all.
function nodesMatched(ancestors, { query, words, costs, all, limitAbove }) {
  const masks = new Int32Array(ancestors.length);
  const fits = new Uint8Array(ancestors.length).fill(NO);
  ancestors.forEach(({ names }, place) => {
    for (const name of names) {
      const { mask, cost } = look(name.words, costs, limitAbove);
      masks[place] |= mask;
      let fit = NO;
      if (name.compact === query.compact) fit = 0;
      else if (mask === all) fit = Math.max(cost, AS_PLURAL) + (name.count > words.length ? AS_PREFIX : 0);
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
  const { query, costs, all } = reading;
  if (entry.key === query.compact || entry.index === query.folded) return rank(EXACT, 0, 0, 0, place);
  let best = Infinity;
  let own = 0;
  for (let i = 0; i < entry.names.length; i += 1) {
    const name = entry.names[i];
    const { mask, cost } = look(name.words, costs);
    own |= mask;
    if (mask !== all) continue;
    const kind = kindOfName(name.compact, query);
    best = Math.min(best, rank(kind, cost, i, name.length, place));
  }
  if (best < Infinity) return best;
  return Math.min(
    rankInside(entry, place, reading),
    rankAbove(entry, place, reading, own),
    rankByText(entry, place, reading, own),
  );
}

function kindOfName(compact, query) {
  if (compact === query.compact) return EXACT;
  if (query.singulars.has(compact)) return PLURAL;
  return compact.startsWith(query.compact) ? PREFIX : WORDS;
}

function rankInside({ names }, place, { inside }) {
  let best = Infinity;
  for (let i = 0; inside && i < names.length; i += 1) {
    const { words, length } = names[i];
    for (let j = 0; j < words.length; j += 1) {
      if (inside[words[j]]) best = Math.min(best, rank(inside[words[j]], 0, i, length, place));
    }
  }
  return best;
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

function rankByText({ above, definition }, place, { costs, masks, all, free, limitInText }, own) {
  let known = own | free;
  for (let i = 0; i < above.length; i += 1) known |= masks[above[i]];
  if ((known | look(definition, costs, AS_PLURAL).mask) === all) return rank(DEFINITION, 0, 0, 0, place);
  return (known | look(definition, costs, limitInText).mask) === all ? rank(LOOSE, 0, 0, 0, place) : Infinity;
}

// With typing errors the cost decides before the kind.
function rankOfSimilar({ names, above }, place, { words, costs, masks, fits, all }) {
  let best = Infinity;
  let own = 0;
  const consider = (cost, kind, name, length) => {
    best = Math.min(best, rank(SIMILAR, cost, kind * 8 + Math.min(name, 7), length, place));
  };
  for (let i = 0; i < names.length; i += 1) {
    const { mask, cost } = look(names[i].words, costs);
    own |= mask;
    if (mask === all) consider(cost, names[i].count === words.length ? EXACT : WORDS, i, names[i].length);
  }
  let known = own;
  for (let i = 0; i < above.length; i += 1) {
    known |= masks[above[i]];
    if (fits[above[i]] !== NO) consider(fits[above[i]], ANCESTOR, 0, 0);
  }
  if (best === Infinity && own && known === all) consider(127, MIXED, 0, 0);
  return best;
}

// Where nothing has all words: the names that have most of them whole.
function rankOfPart({ names }, place, { words, costs, free }) {
  let best = Infinity;
  for (let i = 0; i < names.length; i += 1) {
    const had = ones(look(names[i].words, costs, AS_PLURAL).mask & ~free);
    if (had) best = Math.min(best, rank(PARTIAL, words.length - had, i, names[i].length, place));
  }
  return best;
}
