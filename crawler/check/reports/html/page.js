/* The page: what is chosen becomes a list, and what is done with keys and buttons. */

const told = document.getElementById("told");
const root = document.getElementById("findings");

function draw() {
  const choice = choiceNow();
  keep(choice);
  const isByPage = choice.by === "page", items = isByPage ? byPage(choice) : byCause(choice);
  const list = element("ol", { class: "items", "aria-label": isByPage ? "Pages" : "Findings" });
  root.replaceChildren(...inPieces(list, items, isByPage ? pageItem : causeItem, isByPage ? "page" : "finding"));
  told.textContent = items.length ? words(items, isByPage) : "Nothing fits the filter.";
}

/* How much is shown, of how much; it is read out when it changes. */
function words(items, isByPage) {
  const findings = isByPage ? new Set(items.flatMap(({ faults }) => faults.map((each) => each.finding))) : new Set(items.map((each) => each.finding));
  const places = isByPage
    ? items.reduce((sum, { faults }) => sum + faults.reduce((more, each) => more + each.places.length, 0), 0)
    : items.reduce((sum, each) => sum + each.places.length, 0);
  const [allFindings, allPlaces] = DATA.here;
  const some = (number, all, noun) => (number === all ? count(all, noun) : `${number.toLocaleString("en")} of ${count(all, noun)}`);
  const pages = items.filter((each) => each.page !== isOnSite).length;
  const on = isByPage ? `, on ${some(pages, DATA.pages?.count ?? pages, "page")}` : "";
  return `${some(findings.size, allFindings, "finding")} with ${some(places, allPlaces, "place")}${on}`;
}

/* What is not on this page, where that is so. */
function sayCut() {
  const [findings, places] = DATA.here, [allFindings, allPlaces] = DATA.all, said = [];
  if (findings < allFindings) said.push(`the first ${findings.toLocaleString("en")} of ${count(allFindings, "finding")}`);
  if (places < allPlaces) said.push(`${places.toLocaleString("en")} of ${count(allPlaces, "place")}`);
  if (DATA.findings.some((each) => each.places > DATA.share)) said.push(`of each finding at most the first ${count(DATA.share, "place")}`);
  if (DATA.pages) {
    const missing = DATA.pages.count - Object.keys(DATA.pages.on).length;
    if (missing) said.push(`nothing of ${count(missing, "more page")}`);
  }
  const note = document.getElementById("cut");
  note.hidden = !said.length;
  note.textContent = `On this page are ${said.join(", ")}: more would make it slow. The JSON and CSV reports have all of them.`;
}

function openAll(isOpen) {
  for (const each of root.querySelectorAll(":scope > .items > li > details")) isOpen ? unfold(each) : (each.open = false);
}

function clear() {
  const { by, sort } = choiceNow();
  history.replaceState(null, "", location.href.split("#")[0]);
  restore();
  fields.by.value = by;
  offerOrders(by, sort);
  draw();
}

function press(event) {
  const isTyping = event.target.matches?.("input[type=search], select");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    fields.q.select();
    fields.q.focus();
  } else if (event.key === "Escape" && event.target === fields.q && fields.q.value) {
    event.preventDefault();
    fields.q.value = "";
    draw();
  }
}

if (DATA.findings.length) {
  makeForm();
  restore();
  form.hidden = document.getElementById("keys").hidden = false;
  form.addEventListener("input", draw);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("open-all").addEventListener("click", () => openAll(true));
  document.getElementById("close-all").addEventListener("click", () => openAll(false));
  document.getElementById("clear").addEventListener("click", clear);
  document.addEventListener("keydown", press);
  addEventListener("hashchange", () => { restore(); draw(); });
  addEventListener("beforeprint", () => unfoldAll(root));
  addEventListener("afterprint", draw);
  draw();
  sayCut();
} else {
  told.textContent = DATA.all[0] ? "" : "Nothing was found.";
}
