// The form for a round: its classes, and telling the preview when others are chosen.

import { attachClasses } from "../taxonomy/guide-classes.js";

const byId = (id) => document.getElementById(id);

await attachClasses(byId("class-search"), byId("class-list"), byId("chips"), () =>
  byId("round-form").dispatchEvent(new Event("change")),
);
