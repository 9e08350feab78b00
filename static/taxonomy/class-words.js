// Words as class search compares them: folded, without plural, with or without typing errors.

const LETTERS = { "&": " and ", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d" };

// Lower case; accents, apostrophes and points gone, hyphens spaces: "Pêche-Melba's" becomes
// "peche melbas".
export function fold(text) {
  return text
    .normalize("NFD")
    .toLowerCase()
    .replace(/[\u0300-\u036f'’‘ʼ`´.]/g, "")
    .replace(/[&ßæœøłđ]/g, (letter) => LETTERS[letter])
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

export const squeeze = (folded) => folded.replaceAll(" ", "");
export const wordsOf = (folded) => (folded ? folded.split(" ") : []);

// Endings that a plural may have and what stands there in the singular: WordNet's rules of
// detachment for nouns, morphy(7WN), and a few more.
const ENDINGS = [
  ["s", ""],
  ["ses", "s"],
  ["xes", "x"],
  ["zes", "z"],
  ["ches", "ch"],
  ["shes", "sh"],
  ["men", "man"],
  ["ies", "y"],
  ["oes", "o"],
  ["ves", "f"],
  ["ves", "fe"],
  ["i", "us"],
  ["ae", "a"],
];
const IRREGULAR = {
  children: "child",
  dice: "die",
  feet: "foot",
  geese: "goose",
  lice: "louse",
  mice: "mouse",
  oxen: "ox",
  people: "person",
  teeth: "tooth",
};

// The word itself and every singular that it could be the plural of, real words or not.
export function formsOf(word) {
  const forms = [word];
  if (Object.hasOwn(IRREGULAR, word)) forms.push(IRREGULAR[word]);
  if (word.length < 4 || word.endsWith("ss")) return forms;
  for (const [plural, singular] of ENDINGS) {
    if (word.endsWith(plural)) forms.push(word.slice(0, -plural.length) + singular);
  }
  return forms;
}

// How many letters of a word may be wrong. The wide measure is for when the usual finds nothing.
export function allowedErrors(length, wide = false) {
  if (wide) return length < 6 ? 0 : length < 10 ? 2 : 3;
  return length < 4 ? 0 : length < 8 ? 1 : 2;
}

const LONGEST = 40;
const WIDTH = LONGEST + 6;
const rows = [0, 1, 2].map(() => new Uint8Array(WIDTH));

// { errors, begins }: how many letters must be dropped, added, changed or swapped with their
// neighbour (optimal string alignment, a Damerau-Levenshtein distance) until `typed` is `word`,
// or, if `begins`, the beginning of it; null for more than `allowed`.
export function misspelling(typed, word, allowed) {
  if (typed.length > LONGEST || word.length < typed.length - allowed) return null;
  const width = Math.min(word.length, typed.length + allowed + 1);
  let [before, last, row] = rows;
  for (let j = 0; j <= width; j += 1) last[j] = j;
  for (let i = 1; i <= typed.length; i += 1) {
    const from = Math.max(1, i - allowed);
    const to = Math.min(width, i + allowed);
    row[from - 1] = from === 1 ? i : allowed + 1;
    let least = row[from - 1];
    for (let j = from; j <= to; j += 1) {
      const same = typed[i - 1] === word[j - 1];
      let errors = last[j - 1] + (same ? 0 : 1);
      if (row[j - 1] + 1 < errors) errors = row[j - 1] + 1;
      if (j < i + allowed && last[j] + 1 < errors) errors = last[j] + 1;
      const swapped = i > 1 && j > 1 && typed[i - 1] === word[j - 2] && typed[i - 2] === word[j - 1];
      if (swapped && before[j - 2] + 1 < errors) errors = before[j - 2] + 1;
      row[j] = errors;
      if (errors < least) least = errors;
    }
    if (least > allowed) return null;
    [before, last, row] = [last, row, before];
  }
  return ending(last, typed.length, word.length, allowed);
}

function ending(row, typedLength, wordLength, allowed) {
  const whole = Math.abs(wordLength - typedLength) <= allowed ? row[wordLength] : allowed + 1;
  let best = { errors: whole, begins: false };
  for (let j = Math.max(1, typedLength - allowed); j < wordLength && j <= typedLength + allowed; j += 1) {
    if (row[j] < best.errors) best = { errors: row[j], begins: true };
  }
  return best.errors <= allowed ? best : null;
}
