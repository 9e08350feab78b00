// One class in the list of those found.

import { KIND } from "./class-ranking.js";
import { marked } from "./class-marks.js";
import { thumbnail } from "./thumbs.js";

const PATH_SHOWN = 3;
const THUMB_PX = 48;

// The option for a hit of `findClasses`; `result` is what it returned, `place` of `count` where
// the option stands.
export function option({ found, kind }, result, { id, place, count, thumbs }) {
  const element = document.createElement("li");
  element.id = id;
  element.className = "class-search-option";
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", "false");
  element.setAttribute("aria-posinset", place + 1);
  element.setAttribute("aria-setsize", count);
  const marks = (text) => marked(text, result.words, kind === KIND.SIMILAR);
  const plain = (text) => [text];
  const [name, ...others] = found.names;
  const inText = kind === KIND.DEFINITION || kind === KIND.LOOSE;
  element.append(
    thumbnail(found, thumbs, THUMB_PX),
    part("class-search-name", marks(name)),
    part("class-search-group", plain(found.group)),
    part("class-search-others", marks(others.join(", "))),
    part("class-search-definition", (inText ? marks : plain)(found.definition)),
    part("class-search-path", (kind >= KIND.MIXED ? marks : plain)(pathText(found, result.kinds))),
  );
  return element;
}

// The nearest nodes above the class, and the one that was named if it is farther up.
function pathText(found, kinds) {
  const shown = found.path.slice(0, PATH_SHOWN);
  const named = kinds.map(({ node }) => node).find((node) => found.above.includes(node));
  const path = shown.reverse().join(" › ");
  const name = named?.names[0];
  return !named || found.path.slice(0, PATH_SHOWN).includes(name) ? path : `${name} › … › ${path}`;
}

function part(className, nodes) {
  const element = document.createElement("span");
  element.className = className;
  element.append(...nodes);
  return element;
}
