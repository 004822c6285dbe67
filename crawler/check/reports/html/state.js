/* What is chosen: in the form, and in the part of the address behind #, so that a link to it shows the same. */

const form = document.getElementById("choice");
const fields = form.elements;
const sinceIsKnown = DATA.findings.some((each) => each.since);

/* The controls for what there is in this report. */
function makeForm() {
  const totals = Object.fromEntries(SEVERITIES.map((each) => [each, 0])), rules = new Map();
  for (const { severity, rule } of DATA.findings) {
    totals[severity] += 1;
    rules.set(rule, (rules.get(rule) ?? 0) + 1);
  }
  for (const each of SEVERITIES) {
    const box = element("input", { type: "checkbox", name: "severity", value: each });
    form.querySelector("fieldset").append(element("label", {}, box, " ", badge(each, count(totals[each], each))));
  }
  for (const rule of [...rules.keys()].sort()) {
    fields.rule.append(element("option", { value: rule }, `${rule} (${rules.get(rule).toLocaleString("en")})`));
  }
  offer("only-new", sinceIsKnown, "first seen now", DATA.findings.filter((each) => each.isNew).length);
  offer("only-mend", DATA.findings.some((each) => each.mend), "has a suggestion", DATA.findings.filter((each) => each.mend).length);
}

function offer(id, isOffered, words, number) {
  const label = document.getElementById(id);
  label.hidden = !isOffered;
  label.querySelector("span").textContent = `${words} (${number.toLocaleString("en")})`;
}

/* The orders that there are in that group. */
function offerOrders(by, sort) {
  const orders = Object.entries(ORDERS[by]).filter(([name]) => name !== "since" || sinceIsKnown);
  fields.sort.replaceChildren(...orders.map(([name, [words]]) => element("option", { value: name }, words)));
  fields.sort.value = orders.some(([name]) => name === sort) ? sort : "severity";
}

/* From the form. */
function choiceNow() {
  if (!(fields.sort.value in ORDERS[fields.by.value]) || fields.sort.dataset.of !== fields.by.value) {
    offerOrders(fields.by.value, fields.sort.value);
    fields.sort.dataset.of = fields.by.value;
  }
  const severities = new Set(SEVERITIES.filter((_, at) => fields.severity[at].checked));
  return {
    q: fields.q.value.trim(), severities, rule: fields.rule.value, fresh: fields.new.checked, mend: fields.mend.checked,
    by: fields.by.value, sort: fields.sort.value,
  };
}

function keep({ q, severities, rule, fresh, mend, by, sort }) {
  const kept = new URLSearchParams();
  if (q) kept.set("q", q);
  if (severities.size < SEVERITIES.length) kept.set("severity", [...severities].join(","));
  if (rule) kept.set("rule", rule);
  if (fresh) kept.set("new", "1");
  if (mend) kept.set("mend", "1");
  if (by !== "cause") kept.set("by", by);
  if (sort !== "severity") kept.set("sort", sort);
  const [here, before] = location.href.split("#"), now = `${kept}`;
  if ((before ?? "") !== now) history.replaceState(null, "", now ? `${here}#${now}` : here);
}

/* From the address into the form; what it does not name, or names wrongly, is as at first. */
function restore() {
  const kept = new URLSearchParams(location.hash.slice(1)), named = kept.get("severity")?.split(",");
  fields.q.value = kept.get("q") ?? "";
  for (const box of fields.severity) box.checked = !named || named.includes(box.value);
  fields.rule.value = kept.get("rule") ?? "";
  if (fields.rule.selectedIndex < 0) fields.rule.value = "";
  fields.new.checked = sinceIsKnown && kept.get("new") === "1";
  fields.mend.checked = !document.getElementById("only-mend").hidden && kept.get("mend") === "1";
  fields.by.value = kept.get("by") === "page" ? "page" : "cause";
  offerOrders(fields.by.value, kept.get("sort") ?? "severity");
  fields.sort.dataset.of = fields.by.value;
}
