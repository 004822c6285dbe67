/* Drawing: one canvas for each crawl, as high as the window at most, which shows the rows that are scrolled to. */

const AXIS = 24;
const HEADING = 22;
const ROW = 20;
const LANE = 8;
const COLUMN = 3;
const FADED = 0.45; // what is about other URLs than the chosen one

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
  return width < 620 ? 88 : 190;
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
    context.globalAlpha = flow && !flow.has(at) ? FADED : 1;
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
  const fade = flow ? FADED : 1, high = row.height - 4, bottom = row.y - scrolled + 2 + high;
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
  const fade = flow ? FADED : 1, top = light(colour);
  let at = Math.max(search(row.times, view.begin, 0, row.times.length) - 1, -1);
  for (let column = labels; column <= width; column++) {
    const until = view.begin + (column + 1 - labels) / scale;
    let most = at < 0 ? 0 : row.levels[at];
    while (at + 1 < row.times.length && row.times[at + 1] <= until) most = Math.max(most, row.levels[++at]);
    if (!most) continue;
    const up = (most / row.most) * high;
    context.globalAlpha = fade * 0.25;
    context.fillStyle = top;
    context.fillRect(column, bottom - up, 1, up);
    context.globalAlpha = fade;
    context.fillRect(column, bottom - up, 1, 1.5);
    context.fillStyle = hatch(context, colour);
    context.fillRect(column, bottom - up, 1, up);
  }
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
