// The page of figures: a picker changed shows another figure, and keys go to the pickers.

import { drawAll, dark } from "./drawing.js";
import { listen } from "./picking.js";

listen();
document.getElementById("choice").addEventListener("change", (event) => event.currentTarget.submit());
dark.addEventListener("change", () => drawAll());
drawAll();
