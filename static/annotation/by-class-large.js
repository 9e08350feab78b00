// The dialog that shows the marked image large; it can be judged there too.

import { Stage } from "../shared/stage.js";
import { Pictures } from "./review-images.js";
import { askedBy } from "./review-keys.js";
import { byId, setText } from "./review-view.js";

export class LargeView {
  // actionOf(event) and perform(asked, event) as for the page's keys.
  constructor(actionOf, perform) {
    this.dialog = byId("large-dialog");
    this.pictures = new Pictures(8);
    this.stage = new Stage(byId("large-stage"), (zoom) =>
      setText(byId("large-zoom"), zoom > 1 ? `${Math.round(zoom * 100)} %` : "Fit"),
    );
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.closest("button")) return;
      const asked = askedBy(event, actionOf);
      if (!asked) return;
      event.preventDefault();
      event.stopPropagation();
      perform(asked, event);
    });
  }

  get isOpen() {
    return this.dialog.open;
  }

  open(page, cursor) {
    if (!this.isOpen) this.dialog.showModal();
    this.shown = null;
    this.show(page, cursor);
  }

  close() {
    this.dialog.close();
    this.stage.show(null);
  }

  // The image under the cursor; the next one is fetched ahead.
  async show(page, cursor) {
    if (!this.isOpen) return;
    const tile = page?.tiles[cursor];
    if (!tile) return this.close();
    setText(byId("large-count"), `${cursor + 1} of ${page.tiles.length}`);
    if (this.shown === tile.uid) return undefined;
    this.shown = tile.uid;
    delete this.dialog.dataset.shown;
    this.stage.show(null);
    const picture = tile.large && this.pictures.want(tile.large);
    const next = page.tiles[cursor + 1];
    if (next?.large) this.pictures.want(next.large);
    const fine = picture && (await picture.ready);
    if (this.shown !== tile.uid || !this.isOpen) return undefined; // another one meanwhile
    byId("large-note").hidden = Boolean(fine);
    if (!fine) return this.pictures.forgetFailed();
    picture.image.alt = `Image ${cursor + 1}`;
    this.stage.show(picture.image, tile);
    this.dialog.dataset.shown = tile.uid;
    return undefined;
  }
}
