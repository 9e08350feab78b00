// Keys of the pages of results: each picker and button says its own in data-key.

export const listen = () => document.addEventListener("keydown", press);

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!control) return;
  event.preventDefault();
  if (control.matches("button")) control.click();
  else if (control.matches("select")) chooseNext(control);
  else control.select();
}

function chooseNext(select) {
  select.selectedIndex = (select.selectedIndex + 1) % select.length;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}
