// Keys of the page on which an image's verdicts are discussed: 1, 2 and 3 decide the marked class.

const form = document.querySelector("form[data-marked]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
  const button = form?.querySelectorAll("button[name=verdict]")[Number(event.key) - 1];
  if (!button || !["1", "2", "3"].includes(event.key)) return;
  event.preventDefault();
  const reason = form.elements.reason;
  // The reason comes with the decision: the key asks for it, and Ctrl+Enter there sends both.
  if (reason.value.trim()) return form.requestSubmit(button);
  form.dataset.chosen = button.value;
  reason.focus();
});

form?.elements.reason.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const button = form.querySelector(`button[value=${form.dataset.chosen ?? "correct"}]`);
  if (form.dataset.chosen) form.requestSubmit(button);
});
