// Pictures: fetched and decoded ahead.

// Resolves when what was just put on the page has been painted.
export const painted = () =>
  new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

export class Pictures {
  // kept: how many, of those wanted last.
  constructor(kept) {
    this.kept = kept;
    this.pictures = new Map();
  }

  // { image, decoded, ready }: the element, whether it can be shown at once, and a promise of
  // whether it ever can.
  want(src) {
    const known = this.pictures.get(src);
    if (known) return known;
    const image = new Image();
    const picture = { image, decoded: false, failed: false };
    image.alt = "The image to judge";
    image.draggable = false;
    image.decoding = "sync";
    image.src = src;
    picture.ready = image.decode().then(
      () => (picture.decoded = true),
      () => !(picture.failed = true),
    );
    this.pictures.set(src, picture);
    if (this.pictures.size > this.kept) this.pictures.delete(this.pictures.keys().next().value);
    return picture;
  }

  forgetFailed() {
    for (const [src, { failed }] of this.pictures) if (failed) this.pictures.delete(src);
  }
}
