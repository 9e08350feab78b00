// Keys of a page: pressing what a link or button names in aria-keyshortcuts clicks it.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
  if (event.defaultPrevented || event.repeat || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const wanted = document.querySelector(`#main [aria-keyshortcuts="${CSS.escape(key)}"]`);
  if (!wanted || wanted.closest("[data-own-keys]")) return;
  event.preventDefault();
  if (wanted.matches("input, textarea")) wanted.focus();
  else wanted.click();
});
