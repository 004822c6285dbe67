/* Mouse, fingers and keys: which bar is meant, and what each of them does. */

function barAt(crawl, x, y) {
  const width = crawl.canvas.clientWidth, labels = labelWidth(width), scale = (width - labels) / (view.end - view.begin);
  const down = y + crawl.canvas.offsetTop, row = crawl.rows.find((each) => down >= each.y && down < each.y + each.height);
  if (!row || x < labels || y < AXIS) return -1;
  const time = view.begin + (x - labels) / scale, near = 4 / scale;
  const lane = row.lanes > 1 ? Math.floor((down - row.y - 2) / LANE) : -1;
  let best = -1, distance = Infinity;
  for (let at = search(crawl.reach, time - near, row.first, row.last); at < row.last && crawl.begin[at] <= time + near; at++) {
    if (lane >= 0 && crawl.lane[at] !== lane) continue;
    const off = Math.max(crawl.begin[at] - time, time - crawl.end[at], 0) + (crawl.end[at] - crawl.begin[at]) * 1e-6;
    if (off < distance) [best, distance] = [at, off];
  }
  return best;
}

/* From a bar to the next one in its row; from row to row, the bar nearest in time. */
function step(crawl, key) {
  if (chosen?.crawl !== crawl) {
    const first = crawl.rows.findIndex((row) => crawl.reach[row.last - 1] >= view.begin);
    return choose(crawl, search(crawl.reach, view.begin, crawl.rows[first].first, crawl.rows[first].last - 1));
  }
  const { bar } = chosen, number = crawl.row[bar], row = crawl.rows[number];
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const to = bar + (key === "ArrowLeft" ? -1 : 1);
    if (to >= row.first && to < row.last) choose(crawl, to);
  } else if (key === "Home" || key === "End") {
    choose(crawl, key === "Home" ? row.first : row.last - 1);
  } else if (key === "n" || key === "p") {
    const to = chosen.life[chosen.life.indexOf(bar) + (key === "n" ? 1 : -1)];
    if (to !== undefined) choose(crawl, to, chosen.url);
  } else {
    const other = crawl.rows[number + (key === "ArrowUp" ? -1 : 1)];
    if (other) choose(crawl, search(crawl.reach, crawl.begin[bar], other.first, other.last - 1));
  }
}

function pressed(crawl, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const actions = {
    "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), 0: () => show(limits.begin, limits.end),
    Escape: close, Enter: () => chosen?.crawl === crawl ? open(crawl, chosen.bar) : step(crawl), " ": () => chosen?.crawl === crawl && open(crawl, chosen.bar),
  };
  for (const each of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "n", "p"]) actions[each] = () => step(crawl, each);
  if (event.shiftKey && key === "ArrowLeft") actions[key] = () => move(-0.25);
  if (event.shiftKey && key === "ArrowRight") actions[key] = () => move(0.25);
  if (!actions[key] || !crawl.count) return;
  event.preventDefault();
  actions[key]();
  if (key === "Enter" && !panel.hidden) panel.focus({ preventScroll: true });
}

function listen(crawl) {
  const canvas = crawl.canvas, fingers = new Map();
  let moved = 0;
  const timeAt = (x) => view.begin + ((x - labelWidth(canvas.clientWidth)) / (canvas.clientWidth - labelWidth(canvas.clientWidth))) * (view.end - view.begin);
  canvas.addEventListener("keydown", (event) => pressed(crawl, event));
  canvas.addEventListener("wheel", (event) => {
    const aside = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) zoom(1.0015 ** event.deltaY, timeAt(event.offsetX));
    else if (Math.abs(aside) > 0) move(aside / canvas.clientWidth);
    else return; // the page scrolls
    event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoom(0.4, timeAt(event.offsetX)));
  canvas.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, event.offsetX);
    if (fingers.size === 1) moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    canvas.title = fingers.size ? "" : hint(crawl, barAt(crawl, event.offsetX, event.offsetY));
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    fingers.set(event.pointerId, event.offsetX);
    moved += Math.abs(event.offsetX - before);
    if (moved > 3 && !canvas.hasPointerCapture(event.pointerId)) canvas.setPointerCapture(event.pointerId);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) move((before - event.offsetX) / (canvas.clientWidth - labelWidth(canvas.clientWidth)));
    else zoom(Math.min(Math.max(Math.abs(before - other) / Math.max(Math.abs(event.offsetX - other), 1), 0.5), 2), timeAt((event.offsetX + other) / 2));
  });
  for (const kind of ["pointerup", "pointercancel", "pointerleave"]) canvas.addEventListener(kind, (event) => fingers.delete(event.pointerId));
  canvas.addEventListener("click", (event) => {
    const bar = moved > 4 ? -1 : barAt(crawl, event.offsetX, event.offsetY);
    if (bar >= 0) open(crawl, bar);
  });
}

function hint(crawl, bar) {
  if (bar < 0) return "";
  const kind = crawl.kinds[crawl.kind[bar]], urls = urlsOf(crawl, bar);
  const about = urls.length > 1 ? `${urls.length} URLs` : urls.length ? crawl.urls[urls[0]] ?? "" : "";
  return `${kind.name} (${does(kind)}), ${seconds(crawl.end[bar] - crawl.begin[bar])}\n${about}`;
}
