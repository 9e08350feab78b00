// A box in which a picture is fitted, zoomed and moved, by wheel, pointers and keys.
//
// The box has the class `stage` and a size; while it is zoomed, also the class `is-zoomed`.

const ZOOM_STEP = 1.25;
const MOST_ZOOM = 16;
const MOST_ENLARGED = 4; // small pictures are enlarged to fit, but not to a mush
const PAN_STEP = 60;
const CLOSE_UP = 3;

export class Stage {
  // onZoom(zoom): 1 is fitted.
  constructor(box, onZoom) {
    this.box = box;
    this.onZoom = onZoom;
    this.image = null;
    new ResizeObserver(() => this.#place()).observe(box);
    box.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    box.addEventListener("pointerdown", (event) => this.#press(event));
    box.addEventListener("dblclick", (event) => this.#toggle(event));
    this.pointers = new Map();
    for (const end of ["pointerup", "pointercancel"]) {
      box.addEventListener(end, (event) => this.#release(event));
    }
    box.addEventListener("pointermove", (event) => this.#drag(event));
  }

  // `item` gives the size and the original of the picture.
  show(image, item = null) {
    this.image?.remove();
    this.image = image;
    this.item = item;
    if (image) this.box.prepend(image);
    this.fit();
  }

  fit() {
    Object.assign(this, { zoom: 1, x: 0, y: 0 });
    this.#place();
  }

  zoomBy(steps) {
    const { width, height } = this.box.getBoundingClientRect();
    this.#zoomAt(ZOOM_STEP ** steps, width / 2, height / 2);
  }

  panBy(x, y) {
    this.x -= x * PAN_STEP;
    this.y -= y * PAN_STEP;
    this.#place();
  }

  // What lies at (x, y) of the box stays there.
  #zoomAt(factor, x, y) {
    if (!this.image) return;
    const { width, height } = this.box.getBoundingClientRect();
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor));
    const ratio = zoom / this.zoom;
    const [fromX, fromY] = [x - width / 2, y - height / 2];
    this.x = fromX - (fromX - this.x) * ratio;
    this.y = fromY - (fromY - this.y) * ratio;
    this.zoom = zoom;
    this.#place();
    this.#sharpen();
  }

  #wheel(event) {
    event.preventDefault();
    this.#zoomAt(Math.exp(-event.deltaY / 300), ...this.#within(event));
  }

  #toggle(event) {
    if (event.target.closest("button")) return;
    if (this.zoom > 1) this.fit();
    else this.#zoomAt(CLOSE_UP, ...this.#within(event));
  }

  #within({ clientX, clientY }) {
    const { left, top } = this.box.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  #press(event) {
    if (event.button !== 0 || event.target.closest("button, a")) return;
    this.pointers.set(event.pointerId, event);
    if (this.zoom > 1) this.box.setPointerCapture(event.pointerId);
  }

  #release(event) {
    this.pointers.delete(event.pointerId);
  }

  // One pointer moves the picture, two zoom it.
  #drag(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    this.pointers.set(event.pointerId, event);
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      this.#zoomAt(distance(event, other) / distance(before, other), ...this.#within(other));
    } else if (this.zoom > 1) {
      this.x += event.clientX - before.clientX;
      this.y += event.clientY - before.clientY;
      this.#place();
    }
  }

  #place() {
    this.onZoom(this.zoom);
    this.box.classList.toggle("is-zoomed", this.zoom > 1);
    if (!this.image) return;
    const box = this.box.getBoundingClientRect();
    const { width, height } = this.item;
    const scale = Math.min(box.width / width, box.height / height, MOST_ENLARGED);
    const roomX = Math.max(0, (width * scale * this.zoom - box.width) / 2);
    const roomY = Math.max(0, (height * scale * this.zoom - box.height) / 2);
    this.x = Math.min(roomX, Math.max(-roomX, this.x));
    this.y = Math.min(roomY, Math.max(-roomY, this.y));
    Object.assign(this.image.style, {
      width: `${width * scale}px`,
      height: `${height * scale}px`,
      transform: `translate(-50%, -50%) translate(${this.x}px, ${this.y}px) scale(${this.zoom})`,
    });
  }

  // Where the rendition has no more to show, the original takes its place.
  #sharpen() {
    const { image, item } = this;
    const shown = image.getBoundingClientRect().width * devicePixelRatio;
    const enough = item.width <= image.naturalWidth || shown < image.naturalWidth * 1.2;
    if (enough || image.src.endsWith(item.original)) return;
    const original = new Image();
    original.src = item.original;
    original.decode().then(() => (image.src = item.original)).catch(() => {});
  }
}

const distance = (one, other) =>
  Math.max(1, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY));
