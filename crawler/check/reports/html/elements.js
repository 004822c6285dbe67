/* Elements, and lists that are made in pieces. What a site has written is only ever the text of a text node. */

const FIRST = 100;
const bodies = new WeakMap(); // of details that were not opened yet: what makes their content

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/* A name: a link where it is a URL that a browser would ask a server for. `more` is what stands behind it. */
function link(name, more = "") {
  if (!/^https?:\/\/[!-~]+$/i.test(name) || name.includes("\\")) return element("span", { class: "name" }, name + more);
  return element("a", { class: "name", href: name, rel: "noreferrer", target: "_blank" }, name + more);
}

/* Words of this program, with what stands between two ` as code. */
function prose(words) {
  return words.split("`").map((part, at) => (at % 2 ? element("code", {}, part) : part));
}

function badge(severity, text = severity) {
  return element("span", { class: `badge ${severity}` }, text);
}

/* Details whose content is made when they are opened. */
function folded(summary, make) {
  const head = element("summary", {}, ...summary), details = element("details", {}, head);
  bodies.set(details, make);
  head.addEventListener("click", () => fill(details)); // before it is open, so that it is never seen empty
  details.addEventListener("toggle", () => details.open && fill(details)); // opened by something else
  return details;
}

function fill(details) {
  const make = bodies.get(details);
  if (make) details.append(...make());
  bodies.delete(details);
}

function unfold(details) {
  fill(details);
  details.open = true;
}

/* `items` in `list`, the first of them at once; a button adds as many as are there already. `make` makes an element. */
function inPieces(list, items, make, noun, first = FIRST) {
  const more = element("button", { type: "button", class: "more" });
  let shown = 0;
  const add = (next) => {
    const begin = shown;
    shown = Math.min(shown + next, items.length);
    list.append(...items.slice(begin, shown).map(make));
    more.textContent = `Show ${Math.min(shown, items.length - shown).toLocaleString("en")} more of ${count(items.length, noun)}`;
    more.hidden = shown === items.length;
    return list.children[begin];
  };
  more.addEventListener("click", () => {
    const next = add(shown), goal = next.querySelector("summary, a") ?? next;
    if (goal === next) next.tabIndex = -1;
    goal.focus();
  });
  more.addEventListener("all", () => add(items.length - shown));
  add(first);
  return [list, ...(more.hidden ? [] : [more])];
}

/* All that is folded or not there yet, for paper. */
function unfoldAll(root) {
  const look = () => [...root.querySelectorAll("details:not([open]), button.more:not([hidden])")];
  for (let left = look(); left.length; left = look()) {
    for (const each of left) each.localName === "details" ? unfold(each) : each.dispatchEvent(new Event("all"));
  }
}
