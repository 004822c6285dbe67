/* The same as tables, for those who do not see the drawing: the rows of a crawl, and the bars of one of them. */

const BARS_AT_ONCE = 50;

function tableOf(crawl, actions) {
  const details = element("details", {}, element("summary", {}, "As a table"));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(rowsTable(crawl), ...barsTable(crawl, actions));
  });
  return details;
}

function totals(crawl, row) {
  const found = { works: 0, waits: 0, idle: 0 };
  for (let at = row.first; at < row.last; at++) {
    const kind = crawl.kinds[crawl.kind[at]];
    found[kind.idle ? "idle" : kind.waits ? "waits" : "works"] += crawl.end[at] - crawl.begin[at];
  }
  return found;
}

function grid_of(heads, lines, label) {
  const head = element("tr"), body = element("tbody");
  for (const [text, side] of heads) head.append(element("th", { scope: "col", className: side }, text));
  for (const line of lines) {
    const made = element("tr");
    line.forEach((cell, at) => made.append(element(at ? "td" : "th", at ? { className: heads[at][1] } : { scope: "row" }, cell)));
    body.append(made);
  }
  const table = element("table", {}, element("thead", {}, head), body);
  return element("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": label }, table);
}

function rowsTable(crawl) {
  const heads = [["Row", ""], ["Runs as", ""], ["Process", ""], ["Bars", "number"], ["Worked", "number"], ["Waited", "number"], ["Idle", "number"]];
  const lines = crawl.rows.map((row) => {
    const { works, waits, idle } = totals(crawl, row);
    return [row.name, row.model, `${row.process} (${row.pid})`, String(row.last - row.first), seconds(works), seconds(waits), seconds(idle)];
  });
  return grid_of(heads, lines, `The rows of ${crawl.name}`);
}

function barsTable(crawl, actions) {
  let page = 0;
  const choice = element("select", { "aria-label": "Row whose bars are listed" }), said = element("span", { className: "faint" });
  crawl.rows.forEach((row, number) => choice.append(element("option", { value: number }, `${row.name} (${row.process})`)));
  const place = element("div");
  const list = () => {
    const row = crawl.rows[choice.value], first = row.first + page * BARS_AT_ONCE, last = Math.min(first + BARS_AT_ONCE, row.last);
    said.textContent = `${first - row.first + 1} to ${last - row.first} of ${row.last - row.first}`;
    earlier.disabled = page === 0;
    later.disabled = last === row.last;
    const lines = Array.from({ length: last - first }, (_, index) => {
      const at = first + index, kind = crawl.kinds[crawl.kind[at]], urls = urlsOf(crawl, at);
      const about = urls.length > 1 ? `${urls.length} URLs` : urls.length ? crawl.urls[urls[0]] ?? "" : "";
      const open = button(kind.name, () => actions.open(crawl, at));
      return [open, seconds(crawl.begin[at]), seconds(crawl.end[at] - crawl.begin[at]), does(kind), about];
    });
    const heads = [["Bar", ""], ["Began", "number"], ["Took", "number"], ["It", ""], ["URL", ""]];
    place.replaceChildren(grid_of(heads, lines, `The bars of ${row.name}`));
  };
  const turn = (by) => { page += by; list(); };
  const earlier = button("Earlier", () => turn(-1)), later = button("Later", () => turn(1));
  choice.addEventListener("change", () => { page = 0; list(); });
  list();
  return [element("div", { className: "pager" }, "Bars of", choice, earlier, later, said), place];
}
