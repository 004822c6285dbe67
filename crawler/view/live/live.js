// The page of a crawl: as it runs, or, with a slider over its time, as it was.
//
//     GET /events  ─▶ merge() ─▶ picture ──────────▶ draw()      mode "live": the newest picture
//     GET /history ─▶ pictures ─▶ the slider's one ─▶ draw()      mode "history": any of them
//     POST /do/VERB ◀─ the buttons                               mode "live" only
//
// All that is shown is one picture (crawler/watch/picture.py says what its fields mean); this page keeps no
// other truth. Its elements are made once and their text is changed in place, so that a picture of any crawl
// costs a bounded, small amount of work. What a site wrote is only ever the text of a text node.

const POINTS = 600; // of a chart
const SQUARES = 48; // workers that a station draws; with more of them a square stands for several
const FRAMES = 8; // a second, of the dashes in the pipes
const WINDOW = 5; // seconds over which rates are taken
const SILENCE = 5; // seconds without a picture after which that is said
const RETRY = 2000; // milliseconds until a connection that the server refused is tried again
const ENDS = ["finished", "stopped", "incomplete"];
const OUTCOMES = ["ok", "truncated", "error", "skipped", "pending"];
const STAGES = ["fetch", "parse", "write", "commit"];
const QUEUES = { page: "fetched, to parse", finished: "parsed, to write", unacked: "sent, not yet on disk" };
const WAITS = [ // of crawler.model.outcomes.Activity; whatever else a worker is at, it works
  "robots", "wait for its turn", "wait for the answer", "wait for a parser", "wait for a writer", "writing",
];
const SENTENCES = {
  starting: "The crawl is starting.", running: "The crawl is running.", paused: "The crawl is paused.",
  stopping: "The crawl is stopping: what is in flight is finished and saved.", finished: "The crawl has finished.",
  stopped: "The crawl was stopped.", incomplete: "The crawl ended before it was complete.",
};
const isLive = document.querySelector("meta[name=mode]").content !== "history";
const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const isNarrow = matchMedia("(max-width: 48rem)");
let redraw = () => {}; // what was drawn last, once more
const $ = (id) => document.getElementById(id);

// ---- words -----------------------------------------------------------------------------------------------

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const hour = new Intl.DateTimeFormat("en", { timeStyle: "medium", hourCycle: "h23" });
const words = {
  text: (value) => String(value ?? ""),
  count: (value) => number.format(value ?? 0),
  rate: (value) => (value < 99.95 ? value.toFixed(1) : number.format(value)),
  short: (seconds) => (seconds < 1 ? `${number.format(seconds * 1000)} ms` : words.age(seconds)),
  size(bytes) {
    let unit = 0;
    for (; bytes >= 1024 && unit < 4; unit++) bytes /= 1024;
    return `${unit ? bytes.toFixed(1) : bytes} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
  },
  clock(seconds) {
    const [all, two] = [Math.max(0, Math.floor(seconds)), (part) => String(part).padStart(2, "0")];
    return `${Math.floor(all / 3600)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
  },
  age(seconds) {
    const past = Math.max(0, seconds);
    if (past < 9.95) return `${past.toFixed(1)} s`;
    if (past < 99.5) return `${past.toFixed(0)} s`;
    if (past < 99.5 * 60) return `${(past / 60).toFixed(0)} min`;
    return past < 48 * 3600 ? `${(past / 3600).toFixed(0)} h` : `${(past / 86400).toFixed(0)} days`;
  },
  percent: (share) => `${Math.floor(share * 100)} %`,
};

// ---- elements --------------------------------------------------------------------------------------------

function make(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function draws(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** What is the same stays untouched: the browser then has nothing to lay out or paint. */
function put(text, value) {
  if (text.data !== value) text.data = value;
}

function mark(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Text as `node`, in an element; `tag` may hold a class: "td.number". */
function slot(tag) {
  const [name, style] = tag.split(".");
  const node = new Text();
  return { node, element: make(name, style ? { class: style } : {}, node) };
}

/** A URL: a link where a browser would fetch it by HTTP, else only text. */
function link(kind = "url") {
  const node = new Text();
  const element = make("a", { class: kind, rel: "noreferrer", target: "_blank" }, node);
  const show = (url) => {
    if (node.data === (url ?? "")) return;
    node.data = element.title = url ?? "";
    if (/^https?:\/\//i.test(url)) element.href = url;
    else element.removeAttribute("href");
  };
  return { element, show };
}

/** A list whose items keep their elements, and so their focus, from one picture to the next. */
class Rows {
  constructor(parent, key, row) {
    Object.assign(this, { parent, key, row, rows: new Map() });
  }

  show(items) {
    const wanted = new Map(items.map((item) => [this.key(item), item]));
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    let next = this.parent.querySelector(":scope > .row");
    for (const [key, item] of wanted) {
      let row = this.rows.get(key);
      if (!row) this.rows.set(key, (row = this.row(item))).get(key).element.classList.add("row");
      row.fill(item);
      if (row.element === next) next = next.nextElementSibling;
      else this.parent.insertBefore(row.element, next);
    }
  }
}

/** Rows of a table: `columns` are the tags of the cells, `values` gives their texts. */
function table(id, columns, values, key = (item) => item[0]) {
  const heads = Array.from($(id).tHead.rows[0].cells, (cell) => cell.textContent);
  return new Rows($(id).tBodies[0], key, () => {
    const cells = columns.map(slot);
    for (const [at, head] of heads.entries()) mark(cells[at].element, "data-of", head); // for the narrow page
    const element = make("tr", {}, ...cells.map((cell) => cell.element));
    mark(cells[0].element, "scope", "row");
    return { element, fill: (item) => values(item, element).forEach((value, at) => put(cells[at].node, value)) };
  });
}

// ---- the street ------------------------------------------------------------------------------------------

// Five boxes, the frontier and the four stations, with a pipe from each to the next; from parse and from commit
// pipes lead back to the frontier. Beside each other where there is room, else below each other.
const WIDE = {
  size: [1150, 180], box: [150, 106], at: (i) => [i * 250, 0], row: 16, first: [12, 54], tank: [72, 40], tall: 98,
  pipe: (i) => `M${i * 250 + 150} 53H${i * 250 + 250}`, tankAt: (i) => [i * 250 + 164, 33],
  labels: (i) => [[i * 250 + 200, 24], [i * 250 + 200, 90], [i * 250 + 200, 106]], anchor: "middle",
  back: "M1075 106V166H75V106", branch: "M575 106V166", backAt: [825, 158], branchAt: [325, 158], backAnchor: "middle",
};
const NARROW = {
  size: [360, 634], box: [262, 66], at: (i) => [0, i * 142], row: 24, first: [12, 32], tank: [72, 40], tall: 60,
  pipe: (i) => `M48 ${i * 142 + 66}V${i * 142 + 142}`, tankAt: (i) => [12, i * 142 + 84],
  labels: (i) => [[96, i * 142 + 92], [96, i * 142 + 108], [96, i * 142 + 124]], anchor: "start",
  back: "M262 601H340V33H262", branch: "M262 317H340", backAt: [332, 530], branchAt: [332, 246], backAnchor: "end",
};

/** Drawn once for each plan; a picture moves fills, squares and words. Its text alternative are the tables. */
class Street {
  constructor(svg) {
    this.svg = svg;
    this.build();
  }

  build() {
    const plan = isNarrow.matches ? NARROW : WIDE;
    this.plan = plan;
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `-1 -1 ${plan.size[0] + 2} ${plan.size[1] + 2}`);
    const shape = { id: "head", orient: "auto", refX: 9, refY: 6, markerWidth: 9, markerHeight: 12, markerUnits: "userSpaceOnUse" };
    this.svg.append(draws("marker", shape, draws("path", { d: "M0 0L9 6L0 12Z", class: "head" })));
    this.pipes = [0, 1, 2, 3].map((i) => this.pipe(plan.pipe(i)));
    this.back = this.pipe(plan.back);
    this.branch = this.pipe(plan.branch);
    this.backText = this.label(plan.backAt, plan.backAnchor);
    this.branchText = this.label(plan.branchAt, plan.backAnchor);
    this.requests = plan.labels(0).map((at) => this.label(at, plan.anchor));
    this.tanks = Object.keys(QUEUES).map((name, i) => this.tank(name, i + 1));
    this.boxes = ["frontier", ...STAGES].map((name, i) => this.box(name, i));
  }

  pipe(d) {
    this.svg.append(draws("path", { d, class: "pipe", "marker-end": "url(#head)" }));
    const dashes = this.svg.appendChild(draws("path", { d, class: "dashes" }));
    return { dashes, offset: 0, speed: 0 };
  }

  /** Dashes move with the logarithm of the rate: 1 a second is seen to move, and 1,000 is not a blur. */
  flow(pipe, rate) {
    pipe.speed = rate > 0 ? Math.max(0.3, Math.log10(1 + rate)) : 0;
    mark(pipe.dashes, "class", rate > 0 ? "dashes flowing" : "dashes");
  }

  /** By a timer, a few times a second: a CSS animation would have the page painted sixty times. */
  move() {
    if (document.hidden || isStill.matches || this.isOld) return;
    for (const pipe of [...this.pipes, this.back, this.branch]) {
      if (!pipe.speed) continue;
      pipe.offset = (pipe.offset + 24 - 1.5 * pipe.speed) % 12; // 12 is the length of a dash with its gap
      mark(pipe.dashes, "stroke-dashoffset", pipe.offset.toFixed(1));
    }
  }

  label([x, y], anchor, style = "small") {
    const node = new Text();
    this.svg.append(draws("text", { x, y, class: style, "text-anchor": anchor }, node));
    return node;
  }

  tank(name, i) {
    const [[x, y], [width, height]] = [this.plan.tankAt(i), this.plan.tank];
    const fill = draws("rect", { x, y, width: 0, height, class: "fill" });
    this.svg.append(draws("rect", { x, y, width, height, rx: 4, class: "tank" }), fill);
    const [title, items, bytes] = this.plan.labels(i).map((at) => this.label(at, this.plan.anchor));
    put(title, name);
    return { name, fill, items, bytes };
  }

  box(name, i) {
    const [[x, y], [width, height], [left, top]] = [this.plan.at(i), this.plan.box, this.plan.first];
    this.svg.append(draws("rect", { x, y, width, height, rx: 8, class: `box ${name}` }));
    put(this.label([x + 12, y + 20], "start", "title"), name);
    const busy = this.plan === WIDE ? this.label([x + 12, y + 40], "start") : this.label([x + 250, y + 20], "end");
    const squares = Array.from({ length: i ? SQUARES : 0 }, (_, at) => {
      const place = { x: x + left + (at % this.plan.row) * 8, y: y + top + Math.floor(at / this.plan.row) * 9 };
      return this.svg.appendChild(draws("rect", { ...place, width: 6, height: 6, class: "square none" }));
    });
    return { busy, squares, below: this.label([x + 12, y + this.plan.tall], "start") };
  }

  show(picture, rates) {
    const [frontier, ...boxes] = this.boxes;
    put(frontier.busy, `${words.count(picture.counts.pending)} pending`);
    put(frontier.below, `${words.count(picture.discovered)} known`);
    for (const [i, box] of boxes.entries()) {
      const { busy = 0, workers = 0, oldest_seconds: oldest = null } =
        picture.stations.find((station) => station.stage === STAGES[i]) ?? {};
      put(box.busy, `${words.count(busy)} of ${words.count(workers)} busy`);
      put(box.below, oldest === null ? "" : `oldest ${words.age(oldest)}`);
      const each = Math.max(1, Math.ceil(workers / SQUARES));
      const [filledOnes, all] = [Math.ceil(busy / each), Math.ceil(workers / each)];
      for (const [at, square] of box.squares.entries()) {
        mark(square, "class", at >= all ? "square none" : at < filledOnes ? `square on ${STAGES[i]}` : "square");
      }
    }
    for (const tank of this.tanks) {
      const { items = 0, bytes = 0, capacity = 0 } = queueOf(picture, tank.name) ?? {};
      const share = capacity ? Math.min(1, bytes / capacity) : 0;
      mark(tank.fill, "width", (share * this.plan.tank[0]).toFixed(1));
      mark(tank.fill, "class", share >= 0.9 ? "fill full" : "fill");
      put(tank.items, `${words.count(items)} · ${words.size(bytes)}`);
      put(tank.bytes, capacity ? `${words.percent(share)} full` : "");
    }
    put(this.requests[0], `${words.rate(rates.requests)} requests/s`);
    put(this.requests[1], `${words.size(Math.round(rates.bytes))}/s`);
    put(this.backText, `${words.rate(rates.done)} done/s`);
    put(this.branchText, `${words.rate(rates.discovered)} new URLs/s`);
    const flows = [rates.requests, rates.requests, rates.done, rates.done];
    for (const [i, pipe] of this.pipes.entries()) this.flow(pipe, flows[i]);
    this.flow(this.back, rates.done);
    this.flow(this.branch, rates.discovered);
  }
}

const queueOf = (picture, name) => picture.queues.find((queue) => queue.name.replace(/_queue$/, "") === name);

// ---- charts ----------------------------------------------------------------------------------------------

/** One line over time. Its text alternative, the caption, has the newest and the highest value. */
class Chart {
  constructor(figure, format) {
    this.format = format;
    this.line = draws("path", { class: "curve" });
    this.now = draws("path", { class: "now" });
    const box = { viewBox: "0 0 600 100", preserveAspectRatio: "none", "aria-hidden": "true" };
    this.caption = slot("figcaption");
    this.ends = [slot("span"), slot("span")];
    const axis = make("p", { class: "axis dim" }, ...this.ends.map((end) => end.element));
    figure.append(draws("svg", box, draws("path", { class: "ground", d: "M0 99.5H600" }), this.line, this.now), axis);
    figure.append(this.caption.element);
  }

  /** `points`: {x, y}, at most POINTS of them, x growing; `labels`: what stands at both ends of the axis. */
  show(points, labels) {
    const [first, last] = [points[0].x, points.at(-1).x];
    this.highest = points.reduce((most, { y }) => Math.max(most, y), 0);
    const [wide, high] = [600 / (last - first || 1), 92 / (this.highest || 1)];
    const d = points.map(({ x, y }) => `${((x - first) * wide).toFixed(1)} ${(99 - y * high).toFixed(1)}`).join("L");
    mark(this.line, "d", points.length > 1 ? `M${d}` : "");
    for (const [at, label] of labels.entries()) put(this.ends[at].node, label);
    this.tell(points.at(-1).y);
  }

  tell(value, share = null) {
    put(this.caption.node, value || this.highest ? `now ${this.format(value)}, highest ${this.format(this.highest)}` : "not measured yet");
    mark(this.now, "d", share === null ? "" : `M${(share * 600).toFixed(1)} 0V100`);
  }
}

/** What a chart shows of a crawl that runs: thinned when there is too much, so that it always shows all. */
class Series {
  points = [];
  every = 0;

  add(point) {
    const points = this.points;
    if (points.length > 1 && point.x - points.at(-2).x < this.every) points.pop();
    points.push(point);
    if (points.length <= POINTS) return;
    this.points = points.filter((_, at) => at % 2 === 0);
    this.every = (point.x - points[0].x) / (POINTS / 2);
  }
}

// ---- what a picture is shown as --------------------------------------------------------------------------

const fields = Array.from(document.querySelectorAll("[data-show]"), (element) => {
  const { show, as = "text" } = element.dataset;
  return { show, as: words[as], node: element.appendChild(new Text()) };
});
const street = new Street($("street"));
const charts = { speed: new Chart($("speed"), words.rate), memory: new Chart($("memory"), words.size) };
const shares = OUTCOMES.map((outcome) => $("shares").appendChild(draws("rect", { height: 10, class: outcome })));
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
const oldest = { what: $("oldest-what").appendChild(new Text()), url: link() };
$("oldest-url").append(oldest.url.element);

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

const natural = new Intl.Collator("en", { numeric: true }).compare;

/** Each process with its lanes; the main one first. Lanes keep their place, so that the eye can follow one. */
function byProcess({ steps, pid: main, at }) {
  const found = new Map();
  for (const lane of steps) {
    if (!found.has(lane.pid)) found.set(lane.pid, { pid: lane.pid, lanes: [], at });
    found.get(lane.pid).lanes.push(lane);
  }
  for (const group of found.values()) {
    group.lanes.sort((one, other) => natural(one.holder, other.holder));
    group.name = group.pid === main ? "main process" : `process of ${group.lanes[0].holder}`;
  }
  return [...found.values()].sort((one, other) => (other.pid === main) - (one.pid === main) || natural(one.name, other.name));
}

const most = (counts) => Object.entries(counts).sort((one, other) => other[1] - one[1]);
const done = (picture) => picture.discovered - picture.counts.pending;

/** How fast it went from one picture to a later one, a second. */
function rates(earlier, picture) {
  const seconds = earlier ? picture.at - earlier.at : 0;
  const isOneRun = seconds > 0 && earlier.pid === picture.pid && earlier.state !== "starting" && !ENDS.includes(picture.state);
  const rate = (now, before) => (isOneRun ? Math.max(0, now - before) / seconds : 0);
  return {
    requests: rate(picture.requests, earlier?.requests), bytes: rate(picture.bytes, earlier?.bytes),
    discovered: rate(picture.discovered, earlier?.discovered), done: earlier ? rate(done(picture), done(earlier)) : 0,
  };
}

function draw(picture, rate) {
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
function drawHead(picture) {
  mark($("state"), "class", `state ${picture.state}`);
  $("state").textContent = picture.state;
  const seeds = picture.seeds.length > 1 ? `${picture.seeds[0]} and ${picture.seeds.length - 1} more` : picture.seeds[0];
  const generation = picture.generation > 1 ? ` · generation ${picture.generation}` : "";
  $("about").textContent = `of ${seeds ?? "no seed"} · process ${picture.pid}${generation}`;
  const title = `${picture.state} ${words.percent(picture.discovered ? done(picture) / picture.discovered : 0)} · crawler`;
  if (document.title !== title) document.title = title;
  document.querySelector("main").hidden = false;
}

function notice(text) {
  if ($("notice").textContent !== text) $("notice").textContent = text;
  $("notice").hidden = !text;
}

/** For screen readers, and only what is worth an interruption. */
function say(text) {
  $("said").textContent = text;
}

// ---- live ------------------------------------------------------------------------------------------------

/** A JSON merge patch (RFC 7396), into a copy. */
function merge(target, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const merged = target !== null && typeof target === "object" && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function live() {
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
      controls();
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
      controls();
    };
    source.addEventListener("end", end);
    source.addEventListener("error", () => {
      if (ENDS.includes(picture?.state)) return end();
      if (!isLost) say("The connection to the crawl is lost.");
      isLost = true;
      watch();
      controls();
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

  function controls() {
    const isGone = isOver || isLost || !picture || ENDS.includes(picture.state);
    const [isPaused, isStopping] = [picture?.state === "paused", picture?.state === "stopping"];
    $("pause").textContent = isPaused ? "Resume" : "Pause";
    for (const id of ["pause", "stop"]) mark($(id), "aria-disabled", isGone || isStopping);
    for (const id of ["concurrency", "concurrency-number"]) {
      const input = $(id);
      input.disabled = isGone || isStopping;
      if (!picture || document.activeElement === input) continue; // who is setting it is not overruled
      mark(input, "max", picture.max_concurrency);
      if (input.value !== String(picture.concurrency)) input.value = picture.concurrency;
    }
  }

  /** What comes of it is seen in the next picture; only what does not is said here. */
  async function act(verb) {
    try {
      const answer = await fetch(`do/${verb}`, { method: "POST" });
      if (answer.ok) return;
      const told = await answer.json().catch(() => ({}));
      throw new Error(told.error ?? `the crawl answered ${answer.status}`);
    } catch (problem) {
      trouble = { text: `That did not work: ${problem.message}`, until: performance.now() + 8000 };
      say(trouble.text);
      watch();
    }
  }

  function press(id, action) {
    $(id).addEventListener("click", () => $(id).getAttribute("aria-disabled") !== "true" && action());
  }

  press("pause", () => act(picture.state === "paused" ? "resume" : "pause"));
  press("stop", () => $("sure").showModal());
  press("go-on", () => $("sure").close());
  press("stop-now", () => {
    $("sure").close();
    act("stop");
  });
  press("hold", () => {
    isHeld = !isHeld;
    mark($("hold"), "aria-pressed", isHeld);
    soon();
  });
  for (const id of ["concurrency", "concurrency-number"]) {
    $(id).addEventListener("change", (event) => {
      const most = picture.max_concurrency;
      const wanted = Math.min(most, Math.max(1, Math.round(Number(event.target.value)) || 1));
      $("concurrency").value = $("concurrency-number").value = wanted;
      act(`concurrency?n=${wanted}`);
    });
  }
  $("controls").hidden = false;
  redraw = soon;
  setInterval(watch, 1000);
  connect();
}

// ---- history ---------------------------------------------------------------------------------------------

async function history() {
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
  redraw = show;
  show();
}

isNarrow.addEventListener("change", () => {
  street.build();
  redraw();
});
setInterval(() => street.move(), 1000 / FRAMES);
isLive ? live() : history();
