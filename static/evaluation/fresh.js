// New numbers are there: show the page with them, but never while somebody fills in a form.

document.body.addEventListener("report-ready", () => {
  if (!document.activeElement?.closest("form")) {
    location.reload();
  }
});
