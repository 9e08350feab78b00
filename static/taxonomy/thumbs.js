// A small picture of a class, cut out of a sheet that holds the pictures of many.
//
// `thumbs` comes from the server: { url, tile, columns, per_sheet, has } or null. Tile number i (the
// class index) is on sheet ⌊i / per_sheet⌋, whose number takes the place of {sheet} in the url;
// tiles run from left to right, then down. `has` lists the indices of the classes that have a
// picture.

const wanted = new WeakMap();
const pictured = new WeakMap();

// Sheets are fetched only for pictures that come near the screen.
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      draw(target, boundingClientRect.width);
    }
  },
  { rootMargin: "200px" },
);

// Lets an element show the picture of a class in the place of what it holds, if there is one. It is
// square, and keeps its size.
export function showThumb(element, index, thumbs) {
  if (!thumbs || !hasPicture(thumbs, index)) return;
  wanted.set(element, { index, thumbs });
  watcher.observe(element);
}

// An element of `size` × `size` CSS pixels for a class with { index, names }: its picture, or else
// its first letter.
export function thumbnail(found, thumbs, size = 40) {
  const element = document.createElement("span");
  element.className = "class-search-thumb";
  element.setAttribute("aria-hidden", "true");
  element.style.width = `${size}px`;
  element.style.height = `${size}px`;
  element.textContent = [...found.names[0]][0];
  showThumb(element, found.index, thumbs);
  return element;
}

function draw(element, size) {
  const { index, thumbs } = wanted.get(element);
  const place = index % thumbs.per_sheet;
  const sheet = Math.floor(index / thumbs.per_sheet);
  const { columns } = thumbs;
  element.textContent = "\u00a0"; // its baseline stays where the letter's was
  element.style.backgroundImage = `url("${encodeURI(thumbs.url.replace("{sheet}", sheet))}")`;
  element.style.backgroundSize = `${columns * size}px auto`;
  element.style.backgroundPosition = `-${(place % columns) * size}px -${Math.floor(place / columns) * size}px`;
}

function hasPicture(thumbs, index) {
  if (!pictured.has(thumbs)) pictured.set(thumbs, new Set(thumbs.has));
  return pictured.get(thumbs).has(index);
}
