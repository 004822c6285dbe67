/* One page with all that is wrong in it, an item of the list that is grouped by page. */

const FIRST_SPOTS = 10; // of a finding: the next one on that page is to be seen too

function pageItem({ page, name, counts, faults }) {
  const worst = SEVERITIES.find((each) => counts[each]);
  const badges = SEVERITIES.filter((each) => counts[each]).map((each) => badge(each, countOf(page, each, counts[each])));
  const title = page === isOnSite ? "The site as a whole" : name;
  const summary = [element("span", { class: "head" }, ...badges, element("span", { class: "name" }, title))];
  return element("li", { class: `item ${worst}` }, folded(summary, () => {
    const list = element("ul", { class: "faults" });
    const parts = inPieces(list, faults, fault, "finding");
    return [element("div", { class: "body" }, ...opens(name), ...parts)];
  }));
}

/* How many of a severity are listed; of how many that the page has, where not all places are here. */
function countOf(page, severity, listed) {
  const all = DATA.pages?.on[page]?.[SEVERITIES.indexOf(severity)] ?? listed;
  return listed < all ? `${listed.toLocaleString("en")} of ${count(all, severity)}` : count(listed, severity);
}

function fault({ finding, places }) {
  const list = element("ul", { class: "spots" });
  const head = element("p", { class: "head" }, badge(finding.severity), ...fresh(finding),
    element("b", { class: "rule", title: DATA.rules[finding.rule].title }, finding.rule), link(finding.target));
  const parts = [head, element("p", {}, finding.message), ...mended(finding)];
  if (finding.since && !finding.isNew) parts.push(element("p", { class: "dim" }, sinceWords(finding.since)));
  const spots = places.map((nth) => placeOf(finding, nth)).filter((each) => each.line !== null);
  if (spots.length) parts.push(...inPieces(list, spots, spotItem, "place", FIRST_SPOTS));
  return element("li", {}, ...parts);
}

function spotItem(place) {
  const { line, column, element: name, text } = place;
  const at = column === null ? `line ${line}` : `line ${line}, column ${column}`;
  const said = [name, text && `“${text}”`].filter(Boolean).join(" ");
  return element("li", {}, said ? `${at}: ` : at, element("span", { class: "text" }, said));
}
