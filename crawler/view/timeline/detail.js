/* What is told of one bar: who, when, the lines of source, and the whole life of its URL. */

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  for (const [key, value] of Object.entries(properties)) if (key.startsWith("aria-") || key === "role") made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function button(text, act, properties = {}) {
  const made = element("button", { type: "button", ...properties }, text);
  made.addEventListener("click", act);
  return made;
}

function does(kind) {
  return kind.idle ? "is idle" : kind.waits ? "waits" : "works";
}

function showDetail(panel, crawl, chosen, actions) {
  const { bar } = chosen, kind = crawl.kinds[crawl.kind[bar]], row = crawl.rows[crawl.row[bar]];
  const cpu = crawl.bars.cpu?.[bar] ?? -1;
  const facts = [
    ["Who", `${row.name}, a ${row.model} ${row.model === "process" ? "" : `of ${row.process} `}(pid ${row.pid})`],
    ["It", `${does(kind)} for ${seconds(crawl.end[bar] - crawl.begin[bar])}`],
    ["From", `${seconds(crawl.begin[bar])} to ${seconds(crawl.end[bar])}`],
    ...(cpu >= 0 ? [["CPU", seconds(cpu / 1e6)]] : []),
    ...(kind.place ? [["In", kind.place]] : []),
  ];
  const list = element("dl");
  for (const [name, text] of facts) list.append(element("dt", {}, name), element("dd", {}, text));
  panel.replaceChildren(
    button("Close", actions.close, { className: "close" }),
    element("h2", {}, kind.name),
    list,
    ...urlPart(crawl, chosen, actions),
    ...sourcePart(kind),
    ...(chosen.life.length ? lifePart(crawl, chosen, actions) : []),
  );
}

function urlPart(crawl, chosen, actions) {
  const urls = urlsOf(crawl, chosen.bar);
  if (!urls.length) return [];
  const name = (url) => crawl.urls[url] ?? "(the trace does not name it)";
  if (urls.length === 1) return [element("h3", {}, "Its URL"), element("p", { className: "wide" }, name(urls[0]))];
  const choice = element("select", { "aria-label": "Which of its URLs" });
  for (const url of urls.slice(0, 500)) choice.append(element("option", { value: url, selected: url === chosen.url }, name(url)));
  choice.style.maxWidth = "100%";
  choice.addEventListener("change", () => actions.choose(crawl, chosen.bar, Number(choice.value)));
  const more = urls.length > 500 ? ", of which 500 are listed" : "";
  return [element("h3", {}, `A batch of ${urls.length} URLs${more}`), choice];
}

function sourcePart(kind) {
  if (!kind.place) return [];
  if (!kind.of) {
    return [element("h3", {}, "The lines that ran"), element("p", { className: "faint" }, "This installation has no such function there.")];
  }
  const code = element("div", { className: "code" });
  kind.of.text.split("\n").forEach((text, index) => {
    const number = kind.of.first + index, ran = number >= kind.first && number <= kind.last;
    code.append(element("span", { className: ran ? "ran" : "" }, element("i", {}, String(number)), text || " "));
  });
  const lines = kind.first === kind.last ? `line ${kind.first}` : `lines ${kind.first} to ${kind.last}`;
  return [
    element("h3", {}, "The lines that ran"),
    element("p", { className: "faint" }, `${kind.of.file}, ${lines}: from where this step begins to the next one.`),
    element("pre", { tabIndex: 0, role: "region", "aria-label": `Source of ${kind.of.name}, ${lines}` }, code),
  ];
}

function lifePart(crawl, chosen, actions) {
  const body = element("tbody");
  for (const bar of chosen.life.slice(0, 200)) {
    const kind = crawl.kinds[crawl.kind[bar]], line = element("tr");
    if (bar === chosen.bar) line.setAttribute("aria-current", "true");
    line.append(
      element("td", {}, button(kind.name, () => actions.choose(crawl, bar, chosen.url))),
      element("td", {}, crawl.rows[crawl.row[bar]].name),
      element("td", { className: "number" }, seconds(crawl.begin[bar])),
      element("td", { className: "number" }, seconds(crawl.end[bar] - crawl.begin[bar])),
      element("td", {}, does(kind)),
    );
    body.append(line);
  }
  const head = element("tr");
  for (const [text, side] of [["Step", ""], ["Who", ""], ["Began", "number"], ["Took", "number"], ["It", ""]]) {
    head.append(element("th", { className: side, scope: "col" }, text));
  }
  const table = element("table", {}, element("thead", {}, head), body);
  return [
    element("h3", {}, "The whole life of its URL"),
    element("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": "The whole life of its URL" }, table),
  ];
}

/* Brings the lines that ran into the middle of what is seen of their function. */
function scrollToSource(panel) {
  const pre = panel.querySelector("pre"), ran = pre?.querySelector(".ran");
  if (ran) pre.scrollTop = ran.offsetTop - pre.offsetTop - 60;
}
