// What is asked of every image of a page: whether the class is in it or, where two classes are
// reviewed together, which of the two.
//
// An answer: { name, key, icon, text, verdicts }, with one verdict for each class of the page.

const YES = "correct";
const NO = "incorrect";
const UNCLEAR = "unclear";

// `proposals`: what the images that are not marked may be; `cycle`: what clicks go through.
export const ABOUT_ONE = {
  answers: [
    { name: "correct", key: "Y", icon: "✓", text: "Correct", verdicts: [YES] },
    { name: "incorrect", key: "N", icon: "✕", text: "Incorrect", verdicts: [NO] },
    { name: "unclear", key: "U", icon: "?", text: "Unclear", verdicts: [UNCLEAR] },
  ],
  proposals: ["incorrect", "correct"],
  cycle: ["correct", "incorrect"],
};

// first, second: the names of the classes.
export const aboutTwo = (first, second) => ({
  answers: [
    { name: "first", key: "1", icon: "①", text: first, verdicts: [YES, NO] },
    { name: "second", key: "2", icon: "②", text: second, verdicts: [NO, YES] },
    { name: "both", key: "3", icon: "①②", text: "Both", verdicts: [YES, YES] },
    { name: "neither", key: "N", icon: "✕", text: "Neither", verdicts: [NO, NO] },
    { name: "unclear", key: "U", icon: "?", text: "Unclear", verdicts: [UNCLEAR, UNCLEAR] },
  ],
  proposals: ["neither", "first", "second"],
  cycle: ["first", "second", "both", "neither"],
});

// The answer that a tile's verdicts amount to, or null. A class that nobody proposed for an image
// has no verdict (null): it is as good as incorrect, and unclear wherever the other one is.
export function answerOf({ answers }, verdicts) {
  const fits = (said, meant) => said === meant || (said === null && meant !== YES);
  return answers.find((one) => one.verdicts.every((meant, place) => fits(verdicts[place], meant))) ?? null;
}

// The one after `name` in a list of names.
export const after = (names, name) => names[(names.indexOf(name) + 1) % names.length];
