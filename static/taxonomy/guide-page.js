// Pages of the guide that are read: keys, and what is to be forgotten of a draft that was saved.

import { forgetDraft } from "./guide-drafts.js";

const saved = /^#saved-([0-9a-f-]{36})$/.exec(location.hash);
if (saved) {
  forgetDraft(saved[1]);
  history.replaceState(history.state, "", location.pathname + location.search);
}

// A key alone follows the link, presses the button, or goes to the field that carries it.
document.addEventListener("keydown", (event) => {
  const submits = event.target.closest("[data-submit-keys]");
  if (submits && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    submits.form.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=radio]), select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const control = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!control) return;
  event.preventDefault();
  if (control.matches("input, textarea")) control.focus();
  else control.click();
});
