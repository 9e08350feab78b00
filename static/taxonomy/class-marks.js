// Marks in a text what a search found in it.

import { allowedErrors, fold, formsOf, misspelling, squeeze } from "./class-words.js";

const WORD = /[\p{L}\p{M}\p{N}'’‘ʼ`´.]+/gu;

// The text as nodes, what matches one of the words typed (folded) in <mark>; words that are only
// similar count if `similar`.
export function marked(text, typed, similar = false) {
  const nodes = [];
  let end = 0;
  for (const [from, to] of ranges(text, typed, similar)) {
    if (from > end) nodes.push(text.slice(end, from));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(from, to);
    nodes.push(mark);
    end = to;
  }
  if (end < text.length) nodes.push(text.slice(end));
  return nodes;
}

function ranges(text, typed, similar) {
  const together = typed.join("");
  if (together && squeeze(fold(text)).startsWith(together)) {
    return [[text.search(/[\p{L}\p{N}]/u), lettersUpTo(text, together.length)]];
  }
  const found = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const length = lengthToMark(word, typed, similar);
    if (length) found.push([index, index + length]);
  }
  return found;
}

function lengthToMark(word, typed, similar) {
  const plain = squeeze(fold(word));
  const starts = typed.filter((start) => plain.startsWith(start)).map((start) => start.length);
  if (starts.length) return lettersUpTo(word, Math.max(...starts));
  const forms = formsOf(plain);
  const alike = typed.some(
    (other) =>
      formsOf(other).some((form) => forms.includes(form)) ||
      (similar && misspelling(other, plain, allowedErrors(other.length))),
  );
  return alike ? word.length : 0;
}

// How much of the text holds so many letters and digits.
function lettersUpTo(text, count) {
  let end = 0;
  for (const character of text) {
    if (squeeze(fold(text.slice(0, end))).length >= count) break;
    end += character.length;
  }
  return end;
}
