/* Drawing: one canvas for each crawl, as high as the window at most, which shows the rows that are scrolled to. */

const AXIS = 24;
const HEADING = 22;
const ROW = 20;
const LANE = 8;
const COLUMN = 3;
const BLUE = "#2563a8", TEAL = "#0e7569", PURPLE = "#7a3fc4", ORANGE = "#a84300", PINK = "#b01e68", GREEN = "#3d741c",
  GREY = "#5a6472", OLIVE = "#7a5c00";
const HUES = {
  "parsing": BLUE, "wait for the answer": TEAL, "read": PURPLE, "robots": OLIVE, "wait for its turn": GREY,
  "wait for a parser": BLUE, "page_queue": BLUE, "wait for a writer": ORANGE, "writing": ORANGE, "write a batch": ORANGE,
  "write": ORANGE, "syncing": PINK, "committing": GREEN, "opening": GREY, "locking": GREY, "cutting": PURPLE,
  "tidying": OLIVE, "closing": GREY,
};
const OTHERS = [TEAL, PURPLE, GREEN, OLIVE, PINK, GREY];
const THEME = {};
const dark = matchMedia("(prefers-color-scheme: dark)");

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "sheet", "ink", "faint", "line", "accent", "row"]) {
    THEME[name] = style.getPropertyValue(`--${name}`).trim();
  }
  THEME.hatches = new Map();
}

/* A hue for each name, the same for who waits for something as for what it waits for; others get one by their letters. */
function hue(name) {
  const sum = [...name].reduce((before, letter) => (before * 31 + letter.codePointAt(0)) % 997, 7);
  return HUES[name] ?? OTHERS[sum % OTHERS.length];
}

function light(colour) { // what is drawn in lines has to be seen on a dark page, too
  return dark.matches ? `color-mix(in srgb, ${colour} 55%, white)` : colour;
}

function hatch(context, colour) {
  if (!THEME.hatches.has(colour)) {
    const tile = new OffscreenCanvas(6, 6);
    const pen = tile.getContext("2d");
    pen.strokeStyle = light(colour);
    pen.lineWidth = 1.2;
    for (const shift of [-6, 0, 6]) {
      pen.beginPath();
      pen.moveTo(shift - 1, 7);
      pen.lineTo(shift + 7, -1);
      pen.stroke();
    }
    THEME.hatches.set(colour, context.createPattern(tile, "repeat"));
  }
  return THEME.hatches.get(colour);
}

/* Work is full and high, waiting is hatched and low, and being idle is a line. */
function drawBar(context, kind, x, y, width, height) {
  const colour = hue(kind.name);
  if (kind.idle) {
    context.fillStyle = THEME.faint;
    context.fillRect(x, y + height / 2, width, 1);
  } else if (kind.waits) {
    const top = y + height * 0.3, high = height * 0.5;
    context.fillStyle = hatch(context, colour);
    context.fillRect(x, top, width, high);
    context.strokeStyle = light(colour);
    context.lineWidth = 1;
    if (width > 2) context.strokeRect(x + 0.5, top + 0.5, width - 1, high - 1);
  } else {
    context.fillStyle = colour;
    context.fillRect(x, y, width > 3 ? width - 0.6 : width, height);
  }
}

function nameBar(context, kind, x, y, width, height) {
  if (kind.idle || height < 12 || width < (kind.waits ? 70 : 26)) return;
  const indent = kind.waits ? 13 : 5, fits = Math.floor((width - 2 * indent) / 5.8);
  const text = kind.name.length <= fits ? kind.name : fits < (kind.waits ? 13 : 4) ? "" : `${kind.name.slice(0, fits - 1)}…`;
  if (!text) return;
  if (kind.waits) { // on a ground of its own, since nothing can be read on hatching
    context.fillStyle = THEME.paper;
    context.fillRect(x + indent - 3, y + 1, context.measureText(text).width + 6, height - 2);
  }
  context.fillStyle = kind.waits ? THEME.ink : "#fff";
  context.fillText(text, x + indent, y + height / 2);
}

/* Where each row and each process's heading begins, from the top of the rows. */
function place(crawl) {
  let y = AXIS, before = null;
  crawl.headings = [];
  for (const row of crawl.rows) {
    const process = `${row.process} ${row.pid}`;
    if (process !== before) {
      crawl.headings.push({ y, text: row.process === "main" ? "main process" : row.process, pid: row.pid });
      y += HEADING;
      before = process;
    }
    row.y = y;
    row.height = row.times ? 30 : Math.max(ROW, row.lanes * LANE + 4);
    y += row.height;
  }
  crawl.height = y + 8;
}

function draw(crawl, view, chosen) {
  const canvas = crawl.canvas, ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = THEME.paper;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "middle";
  const labels = labelWidth(width), scale = (width - labels) / (view.end - view.begin);
  const stage = {
    context, crawl, width, labels, scale, view, scrolled: canvas.offsetTop,
    x: (time) => labels + (time - view.begin) * scale,
    flow: chosen ? new Set(chosen.life) : null,
    works: new Float32Array(Math.ceil(width / COLUMN) + 1),
    waits: new Float32Array(Math.ceil(width / COLUMN) + 1),
    workAt: new Uint16Array(Math.ceil(width / COLUMN) + 1),
    waitAt: new Uint16Array(Math.ceil(width / COLUMN) + 1),
  };
  const seen = crawl.rows.filter((row) => row.y + row.height > stage.scrolled && row.y < stage.scrolled + height);
  grid(stage, height);
  for (const row of seen) {
    if (row.times) drawLevels(stage, row);
    else drawRow(stage, row);
  }
  drawLabels(stage, seen, height);
  if (chosen) drawFlow(stage, chosen);
}

function labelWidth(width) {
  return width < 620 ? 88 : 164;
}

function drawRow(stage, row) {
  const { context, crawl, view, x, width, labels, flow, works, waits, scrolled } = stage;
  works.fill(0);
  waits.fill(0);
  context.font = "11px system-ui, sans-serif";
  const high = row.lanes > 1 ? LANE - 1 : row.height - 4;
  let narrow = false;
  const from = search(crawl.reach, view.begin, row.first, row.last), until = search(crawl.begin, view.end, from, row.last);
  const least = (until - from) * 6 > width ? 4 * COLUMN : 1.5; // among many a wide one is a part of its columns, too
  for (let at = from; at < until; at++) {
    const left = Math.max(x(crawl.begin[at]), labels - 2), right = Math.min(x(crawl.end[at]), width + 2);
    const kind = crawl.kinds[crawl.kind[at]];
    if (right < labels) continue;
    if (right - left < least && !flow?.has(at)) {
      if (!kind.idle) addToColumns(stage, kind, crawl.kind[at], Math.max(left, labels), Math.max(right - left, 0.1));
      narrow ||= !kind.idle;
      continue;
    }
    const y = row.y - scrolled + 2 + crawl.lane[at] * LANE;
    context.globalAlpha = flow && !flow.has(at) ? 0.3 : 1;
    drawBar(context, kind, left, y, Math.max(right - left, 1), high);
    nameBar(context, kind, left, y, right - left, high);
  }
  if (narrow) drawColumns(stage, row);
  context.globalAlpha = 1;
}

function addToColumns(stage, kind, number, left, wide) {
  const [shares, kindAt] = kind.waits ? [stage.waits, stage.waitAt] : [stage.works, stage.workAt];
  for (let from = left - stage.labels, end = from + wide; from < end;) {
    const column = Math.floor(from / COLUMN), to = Math.min(end, (column + 1) * COLUMN);
    if (column >= shares.length) return;
    shares[column] += (to - from) / COLUMN;
    kindAt[column] = number;
    from = to;
  }
}

/* Bars too narrow to be drawn: the share of the time that was worked from the ground up, what was waited on top. */
function drawColumns(stage, row) {
  const { context, crawl, labels, flow, works, waits, workAt, waitAt, scrolled } = stage;
  const fade = flow ? 0.3 : 1, high = row.height - 4, bottom = row.y - scrolled + 2 + high;
  for (let column = 0; column < works.length; column++) {
    const worked = Math.min(works[column], 1) * high, waited = Math.min(waits[column], 1) * high, x = labels + column * COLUMN;
    if (waited) {
      context.globalAlpha = fade * 0.35;
      context.fillStyle = light(hue(crawl.kinds[waitAt[column]].name));
      context.fillRect(x, bottom - Math.min(worked + waited, high), COLUMN, waited);
    }
    if (worked) {
      context.globalAlpha = fade;
      context.fillStyle = hue(crawl.kinds[workAt[column]].name);
      context.fillRect(x, bottom - Math.max(worked, 1.5), COLUMN, Math.max(worked, 1.5));
    }
  }
}

/* A queue with many things in it: how many there are, the most there were is the height of the row. */
function drawLevels(stage, row) {
  const { context, crawl, view, scale, labels, width, flow, scrolled } = stage;
  const high = row.height - 6, bottom = row.y - scrolled + 3 + high;
  const colour = hue(crawl.kinds[crawl.kind[row.first]].name);
  context.globalAlpha = flow ? 0.35 : 1;
  context.beginPath();
  context.moveTo(labels, bottom);
  let at = Math.max(search(row.times, view.begin, 0, row.times.length) - 1, -1);
  for (let column = labels; column <= width; column++) {
    const until = view.begin + (column + 1 - labels) / scale;
    let most = at < 0 ? 0 : row.levels[at];
    while (at + 1 < row.times.length && row.times[at + 1] <= until) most = Math.max(most, row.levels[++at]);
    const y = bottom - (most / row.most) * high;
    context.lineTo(column, y);
    context.lineTo(column + 1, y);
  }
  context.lineTo(width + 1, bottom);
  context.fillStyle = hatch(context, colour);
  context.fill();
  context.strokeStyle = light(colour);
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
}

/* Where a bar is to be seen: its middle, its height, and where it lies from left to right. */
function boxOf(stage, at) {
  const { crawl, x, scrolled } = stage, row = crawl.rows[crawl.row[at]];
  const high = row.lanes > 1 ? LANE - 1 : row.height - 4;
  const top = row.y - scrolled + 2 + (row.lanes > 1 ? crawl.lane[at] * LANE : 0);
  return { left: x(crawl.begin[at]), right: x(crawl.end[at]), top, high, middle: top + high / 2 };
}

function drawFlow(stage, chosen) {
  const { context, crawl, labels, width } = stage;
  context.save();
  context.beginPath();
  context.rect(labels, AXIS, width - labels, 1e5);
  context.clip();
  context.strokeStyle = context.fillStyle = THEME.accent;
  context.lineWidth = 1.5;
  let before = null;
  for (const at of chosen.life) {
    const box = boxOf(stage, at);
    const row = crawl.rows[crawl.row[at]];
    if (row.times) drawBar(context, crawl.kinds[crawl.kind[at]], box.left, box.top, Math.max(box.right - box.left, 1), box.high);
    context.strokeStyle = context.fillStyle = THEME.accent;
    context.lineWidth = at === chosen.bar ? 3 : 1.5;
    context.strokeRect(box.left - 1, box.top - 1, Math.max(box.right - box.left, 1) + 2, box.high + 2);
    if (before && before.middle !== box.middle) arrow(context, Math.min(before.right, box.left), before.middle, box.left, box.middle);
    before = box;
  }
  context.restore();
}

function arrow(context, x, y, toX, toY) {
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
  const angle = Math.atan2(toY - y, toX - x);
  context.beginPath();
  context.moveTo(toX, toY);
  for (const turn of [-0.4, 0.4]) context.lineTo(toX - 7 * Math.cos(angle + turn), toY - 7 * Math.sin(angle + turn));
  context.fill();
}

function ticks(view, room) {
  const rough = (view.end - view.begin) / Math.max(room / 110, 1), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(view.begin / step); at * step <= view.end; at++) found.push(at * step);
  return { step, found };
}

function tickText(time, step) {
  const [unit, size] = step >= 0.1 ? ["s", 1] : step >= 1e-4 ? ["ms", 1e3] : ["µs", 1e6];
  return `${(time * size).toFixed(Math.max(0, -Math.floor(Math.log10(step * size) + 1e-9)))} ${unit}`;
}

function grid(stage, height) {
  const { context, crawl, view, x, width, labels } = stage;
  context.strokeStyle = THEME.line;
  context.lineWidth = 1;
  for (const time of ticks(view, width - labels).found) {
    context.beginPath();
    context.moveTo(Math.round(x(time)) + 0.5, 0);
    context.lineTo(Math.round(x(time)) + 0.5, height);
    context.stroke();
  }
  context.fillStyle = THEME.sheet; // what is beyond the end of this crawl
  const end = x(crawl.to);
  if (end < width) context.fillRect(end, AXIS, width - end, height);
}

function drawLabels(stage, seen, height) {
  const { context, crawl, view, x, width, labels, scrolled } = stage;
  context.fillStyle = THEME.paper;
  context.fillRect(0, 0, labels, height);
  context.fillStyle = THEME.line;
  context.fillRect(labels - 1, 0, 1, height);
  for (const row of seen) {
    const middle = row.y - scrolled + row.height / 2;
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = THEME.ink;
    context.textAlign = "left";
    context.fillText(row.name, 10, middle, labels - (width < 620 ? 14 : 78));
    if (width < 620) continue;
    context.font = "10.5px system-ui, sans-serif";
    context.fillStyle = THEME.faint;
    context.textAlign = "right";
    context.fillText(row.times ? `queue, ≤ ${row.most}` : row.model, labels - 8, middle, 68);
  }
  context.textAlign = "left";
  for (const { y, text, pid } of crawl.headings) {
    context.fillStyle = THEME.sheet;
    context.fillRect(0, y - scrolled, width, HEADING - 2);
    context.fillStyle = THEME.ink;
    context.font = "600 12px system-ui, sans-serif";
    context.fillText(`${text} · pid ${pid}`, 6, y - scrolled + HEADING / 2);
  }
  context.fillStyle = THEME.paper;
  context.fillRect(0, 0, width, AXIS);
  context.fillStyle = THEME.line;
  context.fillRect(0, AXIS - 1, width, 1);
  const { step, found } = ticks(view, width - labels);
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = THEME.faint;
  for (const time of found) {
    if (x(time) + 4 < width - 30) context.fillText(tickText(time, step), x(time) + 4, AXIS / 2);
  }
}
