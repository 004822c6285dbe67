// A crawl that is over, or was: all pictures that it has kept of itself, and a slider over them.

import { POINTS } from "./charts.js";
import { charts, draw, drawHead, notice } from "./drawing.js";
import { $, mark } from "./elements.js";
import { ENDS, done, rates } from "./picture.js";
import { day, words } from "./words.js";

export async function history() {
  let pictures;
  try {
    const answer = await fetch("history");
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    ({ pictures } = await answer.json());
  } catch (problem) {
    return notice(`The history of the crawl cannot be read: ${problem.message}`);
  }
  if (!pictures.length) return notice("This crawl has kept no pictures of itself.");
  const last = pictures.length - 1;
  const slider = $("moment");
  let playing = 0;

  function show() {
    const at = Number(slider.value);
    const picture = pictures[at];
    const when = `${day.format(picture.at * 1000)}, picture ${at + 1} of ${pictures.length}`;
    $("when").textContent = when;
    mark(slider, "aria-valuetext", `${when}: ${picture.state}, ${words.count(done(picture))} of ${words.count(picture.discovered)} URLs done`);
    drawHead(picture);
    draw(picture, rates(pictures[at - 1], picture));
    charts.speed.tell(picture.pages_per_second_now, last ? at / last : 1);
    charts.memory.tell(picture.memory_bytes, last ? at / last : 1);
    const isCutOff = at === last && !ENDS.includes(picture.state);
    notice(picture.message ?? (isCutOff ? "This is the last picture, and no end: the crawl was killed, or it still runs." : ""));
  }

  function play(isOn) {
    clearInterval(playing);
    playing = isOn ? setInterval(() => (Number(slider.value) < last ? step() : play(false)), 100) : 0;
    $("play").textContent = isOn ? "Hold" : "Play";
  }

  function step() {
    slider.value = Number(slider.value) + 1;
    show();
  }

  // By number and not by time: of a crawl that was resumed the next day the night would be most of the line.
  const stride = Math.ceil(pictures.length / POINTS);
  const some = (field) => pictures.map((picture, x) => ({ x, y: picture[field] })).filter(({ x }) => x % stride === 0 || x === last);
  const labels = [day.format(pictures[0].at * 1000), day.format(pictures[last].at * 1000)];
  charts.speed.show(some("pages_per_second_now"), labels);
  charts.memory.show(some("memory_bytes"), labels);
  slider.max = last;
  slider.value = last;
  slider.addEventListener("input", show);
  $("play").addEventListener("click", () => {
    if (!playing && Number(slider.value) === last) slider.value = 0;
    play(!playing);
  });
  $("time").hidden = false;
  show();
}
