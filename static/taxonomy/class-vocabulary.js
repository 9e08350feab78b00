// The words of all classes, numbered once, so that a keystroke compares numbers and not texts.

import { allowedErrors, fold, formsOf, misspelling, squeeze, wordsOf } from "./class-words.js";

// What it costs that a word typed is a word found: nothing if they are the same.
export const AS_PLURAL = 1;
export const AS_PREFIX = 2;
export const NO = 255;


// The index of a list of classes: { classes, entries, ancestors, texts, vocabulary }.
//
// Every name and definition is a numbered text; `entries` and `ancestors` say which texts are
// those of a class or a node above classes, `texts` which words a text has and where a word is.
// Words of names come first, so that typing errors need not be looked for in definitions.
export function numberWords(classes) {
  const numbers = new Map();
  const number = (word) => numbers.get(word) ?? numbers.set(word, numbers.size).get(word);
  const texts = { words: [], from: [0] };
  const add = (words) => {
    for (const word of new Set(words)) texts.words.push(number(word));
    return texts.from.push(texts.words.length) - 2;
  };
  const addNames = (names) => names.map((name) => nameEntry(name, add));
  const places = new Map();
  const placeOf = (node) => places.get(node) ?? places.set(node, places.size).get(node);
  const entries = classes.map((found) => ({
    key: found.key.toLowerCase(),
    index: String(found.index),
    names: addNames(found.names),
    definition: 0,
    above: Int32Array.from(found.above, placeOf),
  }));
  const ancestors = [...places.keys()].map((node) => ({ node, names: addNames(node.names), classes: 0 }));
  for (const { above } of entries) for (const place of new Set(above)) ancestors[place].classes += 1;
  const inNames = numbers.size;
  entries.forEach((entry, place) => {
    entry.definition = add(wordsOf(fold(classes[place].definition)));
  });
  const byWord = textsByWord(texts, numbers.size);
  return { classes, entries, ancestors, texts: byWord, vocabulary: vocabularyOf(numbers, inNames) };
}

// For every word, in `texts` from place first[word] up to first[word + 1], the texts that have it.
function textsByWord({ words, from }, wordCount) {
  const count = from.length - 1;
  const first = new Int32Array(wordCount + 1);
  for (const word of words) first[word + 1] += 1;
  for (let word = 0; word < wordCount; word += 1) first[word + 1] += first[word];
  const next = first.slice();
  const texts = new Int32Array(words.length);
  for (let text = 0; text < count; text += 1) {
    for (let j = from[text]; j < from[text + 1]; j += 1) texts[next[words[j]]++] = text;
  }
  return { count, first, texts };
}

// Neighbouring words of a name are found written as one, too, and so are all of them.
function nameEntry(name, add) {
  const folded = fold(name);
  const words = wordsOf(folded);
  const joined = words.slice(1).map((word, place) => words[place] + word);
  const compact = squeeze(folded);
  return { compact, length: folded.length, count: words.length, text: add([...words, ...joined, compact]) };
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
  const letters = Int32Array.from(words, lettersIn);
  const inOrder = sorted(words);
  const backwards = sorted(words.slice(0, inNames).map(reversed));
  return { words, numbers, byForm, inOrder, backwards, inNames, letters };
}

const reversed = (word) => [...word].reverse().join("");

function sorted(words) {
  return words.map((word, number) => ({ word, number })).sort((a, b) => (a.word < b.word ? -1 : 1));
}

// The numbers of the sorted words that begin so.
function numbersBeginning(inOrder, start) {
  let low = 0;
  let high = inOrder.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (inOrder[middle].word < start) low = middle + 1;
    else high = middle;
  }
  const found = [];
  for (; low < inOrder.length && inOrder[low].word.startsWith(start); low += 1) {
    found.push(inOrder[low].number);
  }
  return found;
}

// The cost of every word of the vocabulary as the word typed, NO where it is not.
export function costs({ words, numbers, byForm, inOrder }, typed) {
  const found = new Uint8Array(words.length).fill(NO);
  for (const number of numbersBeginning(inOrder, typed)) found[number] = AS_PREFIX;
  for (const form of formsOf(typed)) {
    for (const number of byForm.get(form) ?? []) found[number] = AS_PLURAL;
  }
  const same = numbers.get(typed);
  if (same !== undefined) found[same] = 0;
  return found;
}

// The same with typing errors: 4 for each, 2 for a mere beginning, 1 for another first letter.
export function similarCosts({ words, letters, inNames }, typed, real, { wide, begins }) {
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

export function ones(bits) {
  let count = 0;
  for (let rest = bits; rest; rest &= rest - 1) count += 1;
  return count;
}

// 1 for every word of a name that ends as typed.
export function endings({ backwards, inNames }, typed) {
  const found = new Uint8Array(inNames);
  if (typed.length > 3) for (const number of numbersBeginning(backwards, reversed(typed))) found[number] = 1;
  return found;
}

// 1 for every word of a name that holds what is typed.
export function holdings({ words, inNames }, typed) {
  const found = new Uint8Array(inNames);
  for (let number = 0; number < inNames && typed.length > 2; number += 1) {
    if (words[number].includes(typed)) found[number] = 1;
  }
  return found;
}

// How the words typed are in every text: { mask, whole, cost }, arrays by text. Bit i of `mask` is
// set if the text has word i by its costs, of `whole` if not only as a beginning or similar.
export function matchTexts({ count, first, texts }, costsOfWords) {
  const mask = new Int32Array(count);
  const whole = new Int32Array(count);
  const cost = new Uint16Array(count);
  costsOfWords.forEach((found, i) => {
    const best = new Uint8Array(count).fill(NO);
    for (let word = 0; word < found.length; word += 1) {
      if (found[word] === NO) continue;
      for (let j = first[word]; j < first[word + 1]; j += 1) {
        if (found[word] < best[texts[j]]) best[texts[j]] = found[word];
      }
    }
    for (let text = 0; text < count; text += 1) {
      if (best[text] === NO) continue;
      mask[text] |= 1 << i;
      cost[text] += best[text];
      if (best[text] <= AS_PLURAL) whole[text] |= 1 << i;
    }
  });
  return { mask, whole, cost };
}

// 1 for every text that has a word that is marked.
export function markTexts({ count, first, texts }, marked) {
  const found = new Uint8Array(count);
  for (let word = 0; word < marked.length; word += 1) {
    for (let j = first[word]; marked[word] && j < first[word + 1]; j += 1) found[texts[j]] = 1;
  }
  return found;
}
