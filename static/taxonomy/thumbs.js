// A small picture of a class, cut out of a sheet that holds the pictures of many.

const drawn = new WeakMap();
const pictured = new WeakMap();

// Sheets are fetched only for pictures that come near the screen.
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      draw(target, drawn.get(target));
    }
  },
  { rootMargin: "200px" },
);

// An element of `size` × `size` CSS pixels for a class with { index, names }.
//
// `thumbs` comes from the class index: { url, tile, columns, per_sheet, has } or null. Tile number
// i (the class index) is on sheet ⌊i / per_sheet⌋, whose number takes the place of {sheet} in the
// url; tiles run from left to right, then down. `has` lists the indices of the classes that have
// a picture; the others show their first letter.
export function thumbnail(found, thumbs, size = 40) {
  const element = document.createElement("span");
  element.className = "class-search-thumb";
  element.setAttribute("aria-hidden", "true");
  element.style.width = `${size}px`;
  element.style.height = `${size}px`;
  element.textContent = [...found.names[0]][0];
  if (thumbs && hasPicture(thumbs, found.index)) {
    drawn.set(element, { index: found.index, thumbs, size });
    watcher.observe(element);
  }
  return element;
}

function draw(element, { index, thumbs, size }) {
  const place = index % thumbs.per_sheet;
  const sheet = Math.floor(index / thumbs.per_sheet);
  const { columns } = thumbs;
  element.textContent = "";
  element.style.backgroundImage = `url("${encodeURI(thumbs.url.replace("{sheet}", sheet))}")`;
  element.style.backgroundSize = `${columns * size}px auto`;
  element.style.backgroundPosition = `-${(place % columns) * size}px -${Math.floor(place / columns) * size}px`;
}

function hasPicture(thumbs, index) {
  if (!pictured.has(thumbs)) pictured.set(thumbs, new Set(thumbs.has));
  return pictured.get(thumbs).has(index);
}
