// A picture, drawn: the head of the page, the street, and with the tables all that is below it.

import { Chart } from "./charts.js";
import { $, draws, link, mark, put } from "./elements.js";
import { OUTCOMES, done } from "./picture.js";
import { Street } from "./street.js";
import { drawTables } from "./tables.js";
import { words } from "./words.js";

const fields = Array.from(document.querySelectorAll("[data-show]"), (element) => {
  const { show, as = "text" } = element.dataset;
  return { show, as: words[as], node: element.appendChild(new Text()) };
});
export const street = new Street($("street"));
export const charts = { speed: new Chart($("speed"), words.rate), memory: new Chart($("memory"), words.size) };
const shares = OUTCOMES.map((outcome) => $("shares").appendChild(draws("rect", { height: 10, class: outcome })));
const oldest = { what: $("oldest-what").appendChild(new Text()), url: link() };
$("oldest-url").append(oldest.url.element);

export function draw(picture, rate) {
  for (const { show, as, node } of fields) put(node, as(picture[show]));
  const share = picture.discovered ? done(picture) / picture.discovered : 0;
  $("done").textContent = words.count(done(picture));
  $("restarts").textContent = words.count(picture.parser_restarts + picture.writer_restarts);
  $("share").textContent = words.percent(share);
  let x = 0;
  for (const [at, outcome] of OUTCOMES.entries()) {
    const width = ((picture.counts[outcome] ?? 0) / (picture.discovered || 1)) * 1000;
    mark(shares[at], "x", x.toFixed(1));
    mark(shares[at], "width", width.toFixed(1));
    x += width;
  }
  street.show(picture, rate);
  drawTables(picture, rate);
  drawWords(picture);
}

function drawWords(picture) {
  const { hosts, hosts_known: known, targets, targets_pending: waiting } = picture;
  const old = picture.stations.filter((station) => station.oldest_seconds !== null)
    .sort((one, other) => other.oldest_seconds - one.oldest_seconds)[0];
  put(oldest.what, old ? `${old.stage}, for ${words.age(old.oldest_seconds)}` : "nobody holds a URL");
  oldest.url.show(old?.oldest_url);
  $("hosts-told").textContent = hosts.length < known
    ? `${words.count(hosts.length)} of ${words.count(known)}: those in flight or in trouble, then the largest.`
    : "";
  $("targets").hidden = !targets;
  $("targets").textContent = `Beside them ${words.count(targets - waiting)} of ${words.count(targets)} targets were asked for.`;
  $("no-errors").hidden = picture.errors.length > 0;
}

/** The head of the page: it is drawn even while the picture is held. */
export function drawHead(picture) {
  mark($("state"), "class", `state ${picture.state}`);
  $("state").textContent = picture.state;
  const seeds = picture.seeds.length > 1 ? `${picture.seeds[0]} and ${picture.seeds.length - 1} more` : picture.seeds[0];
  const generation = picture.generation > 1 ? ` · generation ${picture.generation}` : "";
  $("about").textContent = `of ${seeds ?? "no seed"} · process ${picture.pid}${generation}`;
  const title = `${picture.state} ${words.percent(picture.discovered ? done(picture) / picture.discovered : 0)} · crawler`;
  if (document.title !== title) document.title = title;
  document.querySelector("main").hidden = false;
}

export function notice(text) {
  if ($("notice").textContent !== text) $("notice").textContent = text;
  $("notice").hidden = !text;
}

/** For screen readers, and only what is worth an interruption. */
export function say(text) {
  $("said").textContent = text;
}
