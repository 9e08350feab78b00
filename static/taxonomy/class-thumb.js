// <class-thumb data-class="5">: the picture of a class beside its name, once it comes near the
// screen. What it holds before, an initial, stays where the class has no picture or there is no
// class. The page has the "thumbs" of `taxonomy.reference.sheets.thumbs_of`; without them
// base.css keeps no place for pictures.

import { showThumb } from "./thumbs.js";

const config = document.getElementById("thumbs");
const thumbs = config ? JSON.parse(config.textContent) : null;

class ClassThumb extends HTMLElement {
  connectedCallback() {
    const { class: index } = this.dataset;
    if (index) showThumb(this, Number(index), thumbs);
  }
}

customElements.define("class-thumb", ClassThumb);
