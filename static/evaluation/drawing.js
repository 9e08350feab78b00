// Draws the figures of a page so that they can be pointed at. Without scripts, pictures are shown.

export const dark = window.matchMedia("(prefers-color-scheme: dark)");
const OPTIONS = {
  ast: true, // expressions are interpreted: the page allows no eval
  actions: false,
  defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
};
export const drawn = new Map(); // what is shown of each figure, by its id

export const drawAll = (after = () => {}) =>
  Promise.all([...document.querySelectorAll("[data-spec]")].map((figure) => draw(figure, after)));

async function draw(figure, after) {
  const canvas = figure.querySelector(".canvas");
  const address = figure.dataset.spec + (dark.matches ? "&theme=dark" : "");
  const [response] = await Promise.all([fetch(address), import(figure.dataset.script)]);
  if (!response.ok) return;
  const spec = await response.json();
  canvas.hidden = false;
  drawn.get(figure.id)?.finalize();
  // Figures of several parts can't be fitted: they keep their width, and are scrolled.
  const fitted = spec.spec || spec.encoding?.row ? spec
    : { ...spec, width: "container", autosize: { type: "fit", contains: "padding" } };
  drawn.set(figure.id, await window.vegaEmbed(canvas, fitted, OPTIONS));
  figure.querySelector("picture").hidden = true;
  after();
}
