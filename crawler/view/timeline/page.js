/* The page: what is shown, what is chosen, and how the one and the other change. */

const crawls = DATA.crawls.map(unpack);
const limits = { begin: Math.min(...crawls.map((each) => each.from)), end: Math.max(...crawls.map((each) => each.to)) };
if (!(limits.end > limits.begin)) limits.end = limits.begin + 1;
const view = { ...limits };
const panel = document.getElementById("detail");
const said = document.getElementById("said");
let chosen = null; // { crawl, bar, url, life }
let asked = false;

function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    document.getElementById("span").textContent = `${seconds(view.begin)} to ${seconds(view.end)}`;
    for (const crawl of crawls) draw(crawl, view, choiceFor(crawl));
  });
}

/* In the crawl of the chosen bar that choice; in the others, the life of the same URL. */
function choiceFor(crawl) {
  if (!chosen || chosen.crawl === crawl) return chosen;
  const url = chosen.url < 0 ? -1 : sameUrl(crawl, chosen.crawl.urls[chosen.url]);
  return url < 0 ? null : { crawl, bar: -1, url, life: lifeOf(crawl, url) };
}

function show(begin, end) {
  const all = limits.end - limits.begin, span = Math.min(Math.max(end - begin, 2e-5), all);
  const middle = (begin + end) / 2;
  view.begin = Math.min(Math.max(middle - span / 2, limits.begin), limits.end - span);
  view.end = view.begin + span;
  redraw();
}

function zoom(factor, at = (view.begin + view.end) / 2) {
  show(at - (at - view.begin) * factor, at + (view.end - at) * factor);
}

function move(share) {
  const by = (view.end - view.begin) * share;
  show(view.begin + by, view.end + by);
}

function choose(crawl, bar, url) {
  const urls = urlsOf(crawl, bar);
  if (url === undefined) url = chosen?.crawl === crawl && urls.includes(chosen.url) ? chosen.url : urls[0] ?? -1;
  chosen = { crawl, bar, url, life: url >= 0 ? lifeOf(crawl, url) : [bar] };
  const kind = crawl.kinds[crawl.kind[bar]], row = crawl.rows[crawl.row[bar]];
  const about = url >= 0 ? `, ${crawl.urls[url] ?? "a URL"}` : "";
  said.textContent = `${row.name}: ${kind.name}, ${does(kind)} for ${seconds(crawl.end[bar] - crawl.begin[bar])}, from ${seconds(crawl.begin[bar])}${about}`;
  if (!panel.hidden) fill();
  reveal(crawl, bar);
  redraw();
}

function fill() {
  showDetail(panel, chosen.crawl, chosen, { choose: (crawl, bar, url) => { choose(crawl, bar, url); panel.focus(); }, close });
  scrollToSource(panel);
}

function open(crawl, bar) {
  panel.hidden = false;
  document.getElementById("page").classList.add("open");
  fit();
  choose(crawl, bar);
}

function close() {
  const before = chosen;
  panel.hidden = true;
  document.getElementById("page").classList.remove("open");
  chosen = null;
  fit();
  before?.crawl.canvas.focus({ preventScroll: true });
}

/* Moves the time, and the page, so that the bar is seen. */
function reveal(crawl, bar) {
  const { begin, end } = { begin: crawl.begin[bar], end: crawl.end[bar] }, span = view.end - view.begin;
  if (end < view.begin || begin > view.end) show(begin - span / 4, begin + (span * 3) / 4);
  const top = crawl.canvas.getBoundingClientRect().top - crawl.canvas.offsetTop;
  const row = crawl.rows[crawl.row[bar]], y = top + row.y, low = panel.hidden ? innerHeight : panelTop();
  if (y < 46 + AXIS) scrollBy(0, y - 46 - AXIS - 40);
  else if (y + row.height > low) scrollBy(0, y + row.height - low + 40);
}

function panelTop() {
  return getComputedStyle(panel).position === "fixed" ? panel.getBoundingClientRect().top : innerHeight;
}

function fit() {
  for (const crawl of crawls) crawl.canvas.style.height = `${Math.min(crawl.height, Math.max(innerHeight - 46, 160))}px`;
  redraw();
}

function build(crawl, number) {
  place(crawl);
  const title = element("h2", { id: `crawl-${number}` }, crawl.name);
  const facts = element("p", { className: "faint facts" }, element("span", {}, `${seconds(crawl.seconds)} in all`));
  facts.append(element("span", {}, `${crawl.urls.length.toLocaleString("en")} URLs shown`));
  for (const [name, value] of crawl.said) facts.append(element("span", {}, `${name} ${value}`));
  if (crawl.still) facts.append(element("span", {}, `${crawl.still} ${crawl.still === 1 ? "row" : "rows"} without a bar left out`));
  const notes = crawl.notes.map((text) => element("p", { className: "note" }, text));
  const bars = crawl.count.toLocaleString("en");
  crawl.canvas = element("canvas", {
    tabIndex: 0, role: "application", "aria-describedby": "keys", "aria-roledescription": "timeline",
    "aria-label": `Timeline of ${crawl.name}: ${crawl.rows.length} rows, ${bars} bars. The same is below as a table.`,
  });
  const rows = element("div", { className: "rows" }, crawl.canvas);
  rows.style.height = `${crawl.height}px`;
  const about = element("div", { className: "about" }, title, facts, ...notes);
  if (!crawl.count) about.append(element("p", {}, "There is no bar in that time."));
  const section = element("section", { "aria-labelledby": title.id }, about, rows, tableOf(crawl, { open: openFromTable }));
  document.getElementById("crawls").append(section);
  listen(crawl);
}

function openFromTable(crawl, bar) {
  open(crawl, bar);
  panel.focus({ preventScroll: true });
}

function legend() {
  const names = new Map();
  for (const crawl of crawls) for (const kind of crawl.kinds) names.set(`${kind.name} ${kind.waits}`, kind);
  const kinds = [...names.values()].sort((one, other) => one.idle - other.idle || one.waits - other.waits);
  document.querySelector("#legend ul").replaceChildren(...kinds.map((kind) => {
    const swatch = element("canvas", { width: 52, height: 32, "aria-hidden": "true" }), context = swatch.getContext("2d");
    context.scale(2, 2);
    drawBar(context, kind, 0, 0, 26, 16);
    return element("li", {}, swatch, kind.idle ? kind.name : `${kind.name} (${does(kind)})`);
  }));
}

function repaint() {
  readTheme();
  legend();
  redraw();
}

const DOES = { in: () => zoom(0.6), out: () => zoom(1 / 0.6), left: () => move(-0.25), right: () => move(0.25), all: () => show(limits.begin, limits.end) };
for (const each of document.querySelectorAll("[data-do]")) each.addEventListener("click", DOES[each.dataset.do]);
document.getElementById("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = event.target.querySelector("input").value.trim();
  for (const crawl of crawls) {
    const url = wanted ? crawl.urls.findIndex((each) => each?.includes(wanted)) : -1;
    if (url < 0) continue;
    open(crawl, lifeOf(crawl, url)[0]);
    choose(crawl, chosen.life[0], url);
    return;
  }
  said.textContent = `No URL shown has “${wanted}” in it.`;
  event.target.querySelector("input").setCustomValidity(wanted ? `No URL shown has “${wanted}” in it.` : "");
  event.target.querySelector("input").reportValidity();
});
document.querySelector("#find input").addEventListener("input", (event) => event.target.setCustomValidity(""));
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !panel.hidden && event.target.tagName !== "CANVAS") close(); });
addEventListener("scroll", redraw, { passive: true });
addEventListener("resize", fit);
dark.addEventListener("change", repaint);
crawls.forEach(build);
readTheme();
legend();
document.getElementById("legend").open = innerWidth > 700;
fit();
