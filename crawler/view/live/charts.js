// Charts of one value over time.

import { draws, make, mark, put, slot } from "./elements.js";

export const POINTS = 600; // of a chart

/** One line over time. Its text alternative, the caption, has the newest and the highest value. */
export class Chart {
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
export class Series {
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
