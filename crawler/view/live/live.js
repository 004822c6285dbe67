// The page of a crawl: as it runs, or, with a slider over its time, as it was.
//
//     GET /events  ─▶ merge() ─▶ picture ──────────▶ draw()      mode "live": the newest picture (running.js)
//     GET /history ─▶ pictures ─▶ the slider's one ─▶ draw()      mode "history": any of them (history.js)
//     POST /do/VERB ◀─ the buttons                               mode "live" only (verbs.js)
//
// All that is shown is one picture (crawler/watch/picture.py says what its fields mean); this page keeps no
// other truth. drawing.js draws it with street.js, charts.js and tables.js; picture.js, words.js and elements.js
// are what all of them stand on.

import { history } from "./history.js";
import { running } from "./running.js";

const isLive = document.querySelector("meta[name=mode]").content !== "history";
isLive ? running() : history();
