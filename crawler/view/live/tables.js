// What stands in the tables and lists: stations, queues, counts, hosts, workers, records and errors.

import { $, Rows, filled, link, make, mark, put, slot, table } from "./elements.js";
import { OUTCOMES, QUEUES, WAITS, byProcess, most } from "./picture.js";
import { hour, words } from "./words.js";

const FIGURES = ["th", "td.number", "td.number", "td.number"];
const tables = {
  stations: table("stations", FIGURES, ([stage, station]) => [
    stage, words.count(station.busy), words.count(station.workers),
    station.oldest_seconds === null ? "–" : words.age(station.oldest_seconds),
  ]),
  queues: table("queues", FIGURES, ([name, queue]) => [
    QUEUES[name] ? `${name} (${QUEUES[name]})` : name, words.count(queue.items), words.size(queue.bytes),
    queue.capacity ? words.percent(queue.bytes / queue.capacity) : "–",
  ]),
  flows: table("flows", ["th", "td.number"], ([name, rate]) => [name, rate]),
  counts: table("counts", ["th", "td.number"], ([outcome, count], row) => {
    mark(row, "class", `row outcome ${outcome}`);
    return [outcome, words.count(count)];
  }),
  kinds: table("kinds", ["th", "td.number"], ([kind, count]) => [kind, words.count(count)]),
  statuses: table("statuses", ["th", "td.number"], ([status, count]) => [status, words.count(count)]),
  hosts: table("hosts", ["th.url", "td.number", "td.number", "td.number", "td.number", "td"], host, (item) => item.origin),
};
const groups = new Rows($("workers"), (group) => group.pid, processGroup);
const records = new Rows($("records"), recentKey, recent);
const errors = new Rows($("errors"), recentKey, recent);

/** All of them, as they are in a picture; `rate` is what rates() says of it. */
export function drawTables(picture, rate) {
  tables.stations.show(picture.stations.map((station) => [station.stage, station]));
  tables.queues.show(picture.queues.map((queue) => [queue.name, queue]));
  tables.flows.show([
    ["requests", words.rate(rate.requests)], ["bytes read", words.size(Math.round(rate.bytes))],
    ["new URLs", words.rate(rate.discovered)], ["URLs done", words.rate(rate.done)],
  ]);
  tables.counts.show(OUTCOMES.map((outcome) => [outcome, picture.counts[outcome] ?? 0]));
  tables.kinds.show(most(picture.kinds));
  tables.statuses.show(most(picture.statuses));
  tables.hosts.show(picture.hosts);
  groups.show(byProcess(picture));
  records.show(picture.records);
  errors.show(picture.errors);
}

function host(item, row) {
  const states = [];
  if (item.given_up) states.push("given up");
  if (item.resting_seconds > 0) states.push(`rests for ${words.age(item.resting_seconds)}`);
  if (item.slowed > 1.005) states.push(`slowed down ${item.slowed.toFixed(1)} ×`);
  if (item.crawl_delay !== null) states.push(`robots.txt asks for ${words.age(item.crawl_delay)}`);
  mark(row, "class", item.given_up || item.resting_seconds > 0 || item.slowed > 1.005 ? "row trouble" : "row");
  mark(row.cells[0], "title", item.origin);
  const inFlight = `${words.count(item.in_flight)} of ${words.count(item.per_host)}`;
  const delay = item.delay ? words.short(item.delay) : "none";
  const state = states.join(" · ") || (item.in_flight ? "is asked" : item.pending ? "waits" : "done");
  return [item.origin, inFlight, words.count(item.pending), delay, words.count(item.failures), state];
}

/** The workers of one process: a table body with its own head. */
function processGroup() {
  const head = slot("th");
  const element = make("tbody", {}, make("tr", {}, head.element));
  filled(head.element, { colspan: 4, scope: "rowgroup" }, []);
  const rows = new Rows(element, (lane) => `${lane.stage} ${lane.holder}`, worker);
  const fill = ({ name, pid, lanes, at }) => {
    const busy = lanes.filter((lane) => lane.step !== "idle").length;
    put(head.node, `${name}, pid ${pid}: ${words.count(busy)} of ${words.count(lanes.length)} at work`);
    rows.show(lanes.map((lane) => ({ ...lane, age: at - lane.since })));
  };
  return { element, fill };
}

function worker() {
  const [name, step, since] = [slot("th"), slot("span"), slot("td.number")];
  const [sign, url] = [make("span", { "aria-hidden": "true" }), link()];
  const does = make("td", {}, sign, step.element);
  const element = make("tr", {}, name.element, does, since.element, make("td", {}, url.element));
  mark(name.element, "scope", "row");
  const fill = (lane) => {
    mark(sign, "class", `mark ${lane.step === "idle" ? "idle" : WAITS.includes(lane.step) ? "waits" : "works"}`);
    put(name.node, lane.holder);
    put(step.node, lane.step);
    put(since.node, words.age(lane.age));
    url.show(lane.url);
  };
  return { element, fill };
}

function recentKey(item) {
  return `${item.at} ${item.url}`;
}

/** A record never changes: it is written once. */
function recent(item) {
  const end = [item.outcome, item.status, item.kind === item.outcome ? null : item.kind];
  const url = link();
  url.show(item.url);
  const element = make(
    "li", {},
    make("span", { class: `outcome ${item.outcome}` }, end.filter((word) => word !== null).join(" ")),
    make("span", { class: "what" }, item.title || item.message || ""),
    make("time", { class: "dim", datetime: new Date(item.at * 1000).toISOString() }, hour.format(item.at * 1000)),
    url.element,
  );
  if (item.title && item.message) element.append(make("span", { class: "more" }, item.message));
  if (item.referrer !== null) {
    const from = link();
    from.show(item.referrer);
    element.append(make("span", { class: "more dim" }, "found on ", from.element));
  }
  return { element, fill() {} };
}
