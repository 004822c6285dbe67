/* One finding with all its places, an item of the list that is grouped by cause. */

function causeItem({ finding, places }) {
  const summary = [
    element("span", { class: "head" }, badge(finding.severity), ...fresh(finding), element("b", { class: "rule" }, finding.rule),
      element("span", { class: "name" }, finding.target)),
    element("span", { class: "message" }, finding.message),
    element("span", { class: "dim name" }, [where(finding, places), ...besides(finding)].filter(Boolean).join(" · ")),
  ];
  return element("li", { class: `item ${finding.severity}` }, folded(summary, () => causeBody(finding, places)));
}

/* Where it is: the place, or how many there are and the first of them; nothing where it is the page itself. */
function where(finding, places) {
  if (!places.length) return finding.places ? spread(finding) : "";
  const place = placeOf(finding, places[0]), first = place.page + spot(place);
  if (finding.places > 1) return `${spread(finding)}, such as ${first}`;
  return first === finding.target ? "" : first;
}

function causeBody(finding, places) {
  const parts = [...opens(finding.target), ...mended(finding)];
  if (finding.since) parts.push(element("p", {}, sinceWords(finding.since)));
  parts.push(about(DATA.rules[finding.rule]));
  if (places.length) parts.push(...placesTable(finding, places));
  return [element("div", { class: "body" }, ...parts)];
}

/* What is folded out below a name opens it, if it is a link. */
function opens(name) {
  const made = link(name);
  return made.localName === "a" ? [element("p", {}, "Open ", made)] : [];
}

function fresh(finding) {
  return finding.isNew ? [element("span", { class: "badge new" }, "first seen now")] : [];
}

function besides(finding) {
  const said = [];
  if (finding.since && !finding.isNew) said.push(`since ${finding.since.at.slice(0, 10)}`);
  if (finding.mend) said.push("has a suggestion");
  return said;
}

function sinceWords({ crawl, at, checks }) {
  if (checks === 1) return `First seen now (${crawl}, ${at.slice(0, 10)}): no earlier check has it.`;
  return `It has stood since ${crawl} (${at.slice(0, 10)}), ${count(checks, "check")} in a row.`;
}

function mended({ mend }) {
  if (!mend) return [];
  return [element("p", { class: "mend" }, "Probably now at ", link(mend.target), `: ${mend.why} (${Math.round(mend.sure * 100)} % sure).`)];
}

function about(rule) {
  const what = element("p", {}, element("b", {}, `${rule.title}: `), ...prose(rule.what), " ", ...prose(rule.why));
  return element("div", { class: "about" }, what, element("p", {}, element("b", {}, "What to do: "), ...prose(rule.mend)));
}

function placesTable(finding, places) {
  const body = element("tbody"), heads = ["Place", "Element", "Text"];
  const head = element("tr", {}, ...heads.map((each) => element("th", { scope: "col" }, each)));
  const row = (nth) => {
    const place = placeOf(finding, nth), cell = (at, text) => element("td", { "data-of": heads[at] }, text);
    return element("tr", {}, element("th", { scope: "row" }, link(place.page, spot(place))), cell(1, place.element), cell(2, place.text));
  };
  const [, ...more] = inPieces(body, places, row, "place");
  const caption = element("caption", {}, placesWords(finding, places));
  return [element("table", { class: "fields places" }, caption, element("thead", {}, head), body), ...more];
}

function placesWords(finding, places) {
  const here = finding.at.length / STEP, said = [count(places.length, "place")];
  if (places.length < here) said.push(`that ${places.length === 1 ? "fits" : "fit"} the filter, of ${finding.places.toLocaleString("en")}`);
  else if (here < finding.places) said.push(`of ${finding.places.toLocaleString("en")}; the others are in the JSON and CSV reports`);
  return said.join(" ");
}
