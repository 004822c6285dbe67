// The street, as an SVG: five boxes, the frontier and the four stations, with a pipe from each to the next; from parse
// and from commit pipes lead back to the frontier. Beside each other where there is room, else below each other.

import { draws, mark, put } from "./elements.js";
import { QUEUES, STAGES, queueOf } from "./picture.js";
import { words } from "./words.js";

const SQUARES = 48; // workers that a station draws; with more of them a square stands for several
const FRAMES = 8; // a second, of the dashes in the pipes
const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const isNarrow = matchMedia("(max-width: 48rem)");

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
export class Street {
  constructor(svg) {
    this.svg = svg;
    this.shown = null; // picture and rates
    this.build();
    isNarrow.addEventListener("change", () => {
      this.build();
      if (this.shown) this.show(...this.shown);
    });
    setInterval(() => this.move(), 1000 / FRAMES);
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
    this.shown = [picture, rates];
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
