/* What stands around the bars: the time above them, its lines, and the names of the rows. */

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
    context.fillText(row.name, 10, middle, labels - (width < 620 ? 14 : 92));
    if (width < 620) continue;
    context.font = "10.5px system-ui, sans-serif";
    context.fillStyle = THEME.faint;
    context.textAlign = "right";
    context.fillText(row.times ? `queue, ≤ ${row.most}` : row.model, labels - 8, middle, 72);
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
