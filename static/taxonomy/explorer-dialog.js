// Picks a class from the hierarchy, in a dialog over any page that has explorer.css and
// class-search.css:
//
//   const index = await pickFromHierarchy({ hierarchyUrl, classesUrl, start, title });
//
// The class index, or null if the dialog was closed without one. `start` is the address to begin
// with, such as the key of a class; else it begins where the last pick was left.

import { loadClasses } from "./class-search.js";
import { mountExplorer } from "./explorer.js";
import { make } from "./explorer-panel.js";

const places = new Map();

export function pickFromHierarchy({ hierarchyUrl, classesUrl, start, title = "Pick a class" }) {
  const { dialog, body } = build(title);
  let picked = null;
  let explorer = null;
  document.body.append(dialog);
  dialog.showModal();
  const mounting = mount(body, {
    hierarchyUrl,
    classesUrl,
    start: start ?? places.get(hierarchyUrl),
    onMove: (address) => places.set(hierarchyUrl, address),
    onPick: (index) => {
      picked = index;
      dialog.close();
    },
  });
  mounting.then(
    (mounted) => {
      explorer = mounted;
      if (dialog.open) explorer.focus();
      else explorer.destroy();
    },
    (error) => body.replaceChildren(error.message),
  );
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      explorer?.destroy();
      dialog.remove();
      resolve(picked);
    });
  });
}

async function mount(body, options) {
  const { thumbs } = await loadClasses(options.classesUrl);
  return mountExplorer(body, { ...options, thumbs });
}

function build(title) {
  const heading = make("h2", "", title);
  heading.id = "explorer-dialog-title";
  const close = make("button", "", "Cancel ", make("kbd", "", "Esc"));
  close.type = "button";
  const body = make("div", "");
  const head = make("header", "row", heading, make("span", "spacer"), close);
  const dialog = make("dialog", "explorer-dialog", head, body);
  dialog.setAttribute("aria-labelledby", heading.id);
  close.addEventListener("click", () => dialog.close());
  // The page behind must not hear the keys.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  return { dialog, body };
}
