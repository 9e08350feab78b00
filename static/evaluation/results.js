// The results page: draws the figure so that it can be pointed at, and listens to keys.
// Without this script the page shows the same figure as a picture.

const dark = window.matchMedia("(prefers-color-scheme: dark)");
let drawn = null;

async function draw() {
  const figure = document.getElementById("figure");
  if (!figure) return;
  const canvas = figure.querySelector(".canvas");
  const address = figure.dataset.spec + (dark.matches ? "&theme=dark" : "");
  const [response] = await Promise.all([fetch(address), import(figure.dataset.script)]);
  if (!response.ok) return;
  const spec = await response.json();
  const options = {
    ast: true, // expressions are interpreted: the page allows no eval
    actions: false,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  };
  canvas.hidden = false;
  drawn?.finalize();
  drawn = await window.vegaEmbed(
    canvas,
    { ...spec, width: "container", autosize: { type: "fit", contains: "padding" } },
    options,
  );
  figure.querySelector("picture").hidden = true;
  highlight();
}

function highlight() {
  const text = document.getElementById("q").value.trim().toLowerCase();
  drawn?.view.signal("match", text).runAsync();
}

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

document.addEventListener("keydown", press);
document.getElementById("q").addEventListener("input", highlight);
dark.addEventListener("change", draw);
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "results") draw();
});
draw();
