/* Which findings, and which of their places, a choice lets through, and in which order. No element is touched here. */

const lowered = DATA.strings.map((each) => each.toLowerCase());
const ORDERS = {
  cause: {
    severity: ["worst first", () => 0],
    pages: ["on most pages first", (one, other) => other.finding.pages - one.finding.pages],
    rule: ["by rule", (one, other) => compare(one.finding.rule, other.finding.rule)],
    since: ["latest first", (one, other) => compare(other.finding.since?.at ?? "", one.finding.since?.at ?? "")],
  },
  page: {
    severity: ["worst first", (one, other) => SEVERITIES.reduce((found, each) => found || other.counts[each] - one.counts[each], 0)],
    faults: ["most faults first", (one, other) => other.faults.length - one.faults.length],
    name: ["by name", () => 0],
  },
};
const ranks = new Map(); // of each page, by the number of its name
let hits = new Map(); // of each word looked for, in which strings it is

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

/* For each string whether it has the word. */
function hit(word) {
  if (!hits.has(word)) hits.set(word, Uint8Array.from(lowered, (each) => each.includes(word)));
  return hits.get(word);
}

/* The findings that fit, each with the numbers of its places that do: every word is in it, or in each of these. */
function matching(choice) {
  const words = choice.q.toLowerCase().split(/\s+/).filter(Boolean);
  hits = new Map(words.filter((word) => hits.has(word)).map((word) => [word, hits.get(word)]));
  const found = [];
  for (const finding of DATA.findings) {
    if (!choice.severities.has(finding.severity) || (choice.rule && choice.rule !== finding.rule)) continue;
    if ((choice.fresh && !finding.isNew) || (choice.mend && !finding.mend)) continue;
    const left = words.filter((word) => !finding.text.includes(word)).map(hit);
    const places = left.length ? placesOf(finding).filter((nth) => left.every((has) => isIn(has, finding.at, nth))) : placesOf(finding);
    if (places.length || !left.length) found.push({ finding, places });
  }
  return found;
}

function isIn(has, at, nth) {
  return has[at[nth * STEP]] || has[at[nth * STEP + 3]] || has[at[nth * STEP + 4]];
}

/* The findings that fit, in the order of the choice; equal ones stay in that of the report. */
function byCause(choice) {
  return matching(choice).sort(ORDERS.cause[choice.sort][1]);
}

/* The pages on which they are, each with what is wrong there: { page, name, counts, faults: [{ finding, places }] }. */
function byPage(choice) {
  const pages = new Map();
  for (const { finding, places } of matching(choice)) {
    if (!places.length) add(pages, isOnSite, finding);
    for (const nth of places) add(pages, finding.at[nth * STEP], finding).push(nth);
  }
  const rank = ranksOfPages(), order = ORDERS.page[choice.sort][1];
  return [...pages.values()].sort((one, other) => order(one, other) || rank.get(one.page) - rank.get(other.page));
}

/* Of each page its place among all by name, so that they are compared letter by letter only once. */
function ranksOfPages() {
  if (!ranks.size) {
    const found = new Set([isOnSite]);
    for (const { at } of DATA.findings) for (let nth = 0; nth < at.length; nth += STEP) found.add(at[nth]);
    const name = (page) => (page === isOnSite ? "" : DATA.strings[page]);
    [...found].sort((one, other) => compare(name(one), name(other))).forEach((page, rank) => ranks.set(page, rank));
  }
  return ranks;
}

function add(pages, page, finding) {
  if (!pages.has(page)) {
    const name = page === isOnSite ? "" : DATA.strings[page];
    pages.set(page, { page, name, counts: { error: 0, warning: 0, note: 0 }, faults: [] });
  }
  const { counts, faults } = pages.get(page);
  if (faults.at(-1)?.finding !== finding) {
    faults.push({ finding, places: [] });
    counts[finding.severity] += 1;
  }
  return faults.at(-1).places;
}
