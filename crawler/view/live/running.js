// A crawl that runs: the connection to it, and its newest picture, drawn.

import { Series } from "./charts.js";
import { charts, draw, drawHead, notice, say, street } from "./drawing.js";
import { $, mark, press } from "./elements.js";
import { ENDS, SENTENCES, merge, rates } from "./picture.js";
import { verbs } from "./verbs.js";
import { words } from "./words.js";

const WINDOW = 5; // seconds over which rates are taken
const SILENCE = 5; // seconds without a picture after which that is said
const RETRY = 2000; // milliseconds until a connection that the server refused is tried again

export function running() {
  const series = { speed: new Series(), memory: new Series() };
  let [picture, received, isLost, isHeld, isOver, isDue] = [null, 0, false, false, false, false];
  let lately = []; // pictures of the last seconds, for the rates
  let trouble = { text: "", until: 0 }; // a verb that did not work

  function take(next) {
    const isNew = picture?.state !== next.state;
    if (picture && picture.pid !== next.pid) [series.speed, series.memory, lately] = [new Series(), new Series(), []];
    if (picture?.state === "starting") lately = []; // what earlier runs have found comes all at once
    [picture, received] = [next, performance.now()];
    lately.push(next);
    while (lately.length > 2 && lately[1].at <= next.at - WINDOW) lately.shift();
    series.speed.add({ x: next.at, y: next.pages_per_second_now });
    series.memory.add({ x: next.at, y: next.memory_bytes });
    if (isNew) say(next.message ?? SENTENCES[next.state] ?? next.state);
    soon();
  }

  /** Draws as often as the browser paints, and not at all where nobody looks. */
  function soon() {
    if (isDue || !picture) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      drawHead(picture);
      controls(isOver || isLost);
      watch();
      if (isHeld) return;
      draw(picture, rates(lately[0], picture));
      for (const name of ["speed", "memory"]) {
        const points = series[name].points;
        charts[name].show(points, [`${words.age(picture.at - points[0].x)} ago, when this page was opened`, "now"]);
      }
    });
  }

  function connect() {
    const source = new EventSource("events");
    source.addEventListener("open", () => {
      if (isLost) say("The connection is back.");
      isLost = false;
      watch();
    });
    source.addEventListener("snapshot", (event) => take(JSON.parse(event.data)));
    source.addEventListener("change", (event) => take(merge(picture, JSON.parse(event.data))));
    const end = () => {
      isOver = true;
      source.close();
      watch();
      controls(isOver || isLost);
    };
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      if (ENDS.includes(picture?.state)) return end();
      if (!isLost) say("The connection to the crawl is lost.");
      isLost = true;
      watch();
      controls(isOver || isLost);
      // A broken connection is tried again by the browser itself, one that was refused is not.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY);
    });
  }

  /** Says what is wrong with the picture, or nothing. */
  function watch() {
    const silence = (performance.now() - received) / 1000;
    street.isOld = isOver || isLost || silence > SILENCE; // what no longer comes does not move either
    const old = picture ? `This picture is ${words.age(silence)} old.` : "There is no picture yet.";
    if (performance.now() < trouble.until) notice(trouble.text);
    else if (isOver) notice(`${picture?.message ?? SENTENCES[picture?.state] ?? ""} This is the last picture of it.`);
    else if (isLost) notice(`No connection to the crawl: it has ended, or it cannot be reached; trying again. ${old}`);
    else if (!picture) notice("Waiting for the first picture of the crawl.");
    else if (silence > SILENCE) notice(`The crawl sends nothing. ${old}`);
    else if (isHeld) notice("The picture is held; the crawl goes on.");
    else notice(picture.message ?? "");
  }

  function fail(text) {
    trouble = { text, until: performance.now() + 8000 };
    say(text);
    watch();
  }

  press("hold", () => {
    isHeld = !isHeld;
    mark($("hold"), "aria-pressed", isHeld);
    soon();
  });
  const controls = verbs(() => picture, fail);
  setInterval(watch, 1000);
  connect();
}
