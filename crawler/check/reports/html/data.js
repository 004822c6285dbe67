"use strict";
/* The data, as crawler/check/reports/html/data.py writes it: `findings`, in the order of the report, `strings`, each
   text once, and `rules`, what is said of each that has found something. The places of a finding are in its `at`, five
   numbers each: page, line (or null), column (or null), element and text; all but the two are numbers of strings.
   `all` and `here` are how many findings and places there are, and how many of them are on this page. `pages` is there if
   these are not all places: the `count` of pages at fault, and of each page with a place here, by the number of its name,
   how many findings it has of each severity (`on`). */

const DATA = JSON.parse(document.getElementById("data").textContent);
const STEP = 5;
const SEVERITIES = ["error", "warning", "note"];
const isOnSite = -1; // in the place of a page, where a finding has none

DATA.findings.forEach((finding, number) => {
  finding.number = number;
  finding.rank = SEVERITIES.indexOf(finding.severity);
  finding.isNew = finding.since?.checks === 1;
  finding.text = [finding.rule, finding.target, finding.message, finding.mend?.target ?? ""].join("\n").toLowerCase();
});

/* One place, as the words of a report. */
function placeOf(finding, nth) {
  const [page, line, column, element, text] = finding.at.slice(nth * STEP, (nth + 1) * STEP);
  return { page: DATA.strings[page], line, column, element: DATA.strings[element], text: DATA.strings[text] };
}

/* The numbers of all its places that are on this page. */
function placesOf(finding) {
  return Array.from({ length: finding.at.length / STEP }, (_, nth) => nth);
}

/* ":120:34", behind the name of a page, as editors read it. */
function spot({ line, column }) {
  return line === null ? "" : column === null ? `:${line}` : `:${line}:${column}`;
}

function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/* "17 places on 3 pages" */
function spread(finding) {
  return `${count(finding.places, "place")} on ${count(finding.pages, "page")}`;
}
