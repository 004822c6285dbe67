"use strict";
/* The data, as crawler/view/timeline/bars.py packs it: columns of numbers, one entry for each bar, row by row.
   Here each crawl gets what drawing asks for again and again: its rows, and which bars are about a URL. */

const DATA = JSON.parse(document.getElementById("data").textContent);
const FUNCTIONS = DATA.functions.map(([file, name, first, text]) => ({ file, name, first, text }));
const MAX_LANES = 4;

function unpack(raw) {
  const count = raw.bars.kind.length;
  const crawl = {
    ...raw,
    count,
    kind: Uint16Array.from(raw.bars.kind),
    begin: Float64Array.from(raw.bars.begin, (each) => each / 1e6),
    end: Float64Array.from(raw.bars.begin, (each, at) => (each + raw.bars.length[at]) / 1e6),
    reach: new Float64Array(count), // the latest end of this bar and all before it in its row
    lane: new Uint8Array(count),
    row: new Uint16Array(count),
    kinds: raw.kinds.map(([name, waits, place, of, first, last]) => ({
      name, waits: Boolean(waits), idle: name === "idle", place, of: FUNCTIONS[of], first, last,
    })),
    rows: [],
  };
  let first = 0;
  for (const [name, model, process, pid, bars] of raw.tracks) {
    const row = { name, model, process, pid, first, last: first + bars };
    layOut(crawl, row);
    crawl.row.fill(crawl.rows.length, row.first, row.last);
    crawl.rows.push(row);
    first = row.last;
  }
  return crawl;
}

/* Bars that overlap lie in lanes of their row; where there are more at once than lanes, as in a full queue, the
   row shows how many there are instead. */
function layOut(crawl, row) {
  const free = [];
  let reach = -Infinity;
  const changes = [];
  let depth = 0;
  for (let at = row.first; at < row.last; at++) {
    reach = Math.max(reach, crawl.end[at]);
    crawl.reach[at] = reach;
    let lane = free.findIndex((end) => end <= crawl.begin[at] + 1e-6);
    if (lane < 0) lane = free.length < MAX_LANES ? free.length : MAX_LANES;
    free[lane] = Math.max(lane === MAX_LANES ? free[lane] ?? 0 : 0, crawl.end[at]);
    crawl.lane[at] = lane;
    depth = Math.max(depth, lane + 1);
  }
  row.lanes = depth;
  if (depth <= MAX_LANES) return;
  for (let at = row.first; at < row.last; at++) changes.push([crawl.begin[at], 1], [crawl.end[at], -1]);
  changes.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  row.lanes = 1;
  row.times = Float64Array.from(changes, ([time]) => time);
  row.levels = new Int32Array(changes.length);
  let level = 0;
  changes.forEach(([, change], at) => { row.levels[at] = level += change; });
  row.most = row.levels.reduce((one, other) => Math.max(one, other), 1);
}

/* The first index from `low` on, below `high`, whose value is at least `wanted`. */
function search(values, wanted, low, high) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function urlsOf(crawl, bar) {
  const found = crawl.bars.urls[bar];
  return found === -1 ? [] : typeof found === "number" ? [found] : found;
}

/* The bars that are about a URL, in the order in which they begin. */
function lifeOf(crawl, url) {
  if (!crawl.lives) {
    crawl.lives = crawl.urls.map(() => []);
    for (let bar = 0; bar < crawl.count; bar++) for (const each of urlsOf(crawl, bar)) crawl.lives[each].push(bar);
  }
  return crawl.lives[url].sort((one, other) => crawl.begin[one] - crawl.begin[other] || crawl.end[one] - crawl.end[other]);
}

/* The same URL in another crawl: the same text, or the same path where the server had another port. */
function sameUrl(crawl, text) {
  if (text === null) return -1;
  const exact = crawl.urls.indexOf(text);
  if (exact >= 0) return exact;
  const path = pathOf(text);
  return crawl.urls.findIndex((each) => each !== null && pathOf(each) === path);
}

function pathOf(url) {
  return url.replace(/^[a-z]+:\/\/[^/]*/, "");
}

function seconds(value) {
  const size = Math.abs(value);
  if (size >= 1) return `${value.toFixed(size >= 100 ? 1 : 3)} s`;
  return size >= 1e-3 || size === 0 ? `${(value * 1e3).toFixed(size >= 0.1 || size === 0 ? 0 : 2)} ms` : `${(value * 1e6).toFixed(0)} µs`;
}
