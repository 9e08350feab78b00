// The results page: draws the figures so that they can be pointed at, and listens to keys.
// Without this script the page shows the same figures as pictures.

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const OPTIONS = {
  ast: true, // expressions are interpreted: the page allows no eval
  actions: false,
  defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
};
const drawn = new Map(); // what is shown of each figure, by its id

const drawAll = () => Promise.all([...document.querySelectorAll("[data-spec]")].map(draw));

async function draw(figure) {
  const canvas = figure.querySelector(".canvas");
  const address = figure.dataset.spec + (dark.matches ? "&theme=dark" : "");
  const [response] = await Promise.all([fetch(address), import(figure.dataset.script)]);
  if (!response.ok) return;
  const spec = await response.json();
  canvas.hidden = false;
  drawn.get(figure.id)?.finalize();
  const fitted = { ...spec, width: "container", autosize: { type: "fit", contains: "padding" } };
  drawn.set(figure.id, await window.vegaEmbed(canvas, fitted, OPTIONS));
  figure.querySelector("picture").hidden = true;
  highlight();
}

function highlight() {
  const text = document.getElementById("q").value.trim().toLowerCase();
  for (const { view } of drawn.values()) view.signal("match", text).runAsync();
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
dark.addEventListener("change", drawAll);
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "results") drawAll();
});
drawAll();
