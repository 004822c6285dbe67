// Elements of the page: they are made once, and their text is changed in place, so that a picture of any crawl
// costs a bounded, small amount of work. What a site wrote is only ever the text of a text node.

export const $ = (id) => document.getElementById(id);

export function make(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function draws(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

export function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** What is the same stays untouched: the browser then has nothing to lay out or paint. */
export function put(text, value) {
  if (text.data !== value) text.data = value;
}

export function mark(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Text as `node`, in an element; `tag` may hold a class: "td.number". */
export function slot(tag) {
  const [name, style] = tag.split(".");
  const node = new Text();
  return { node, element: make(name, style ? { class: style } : {}, node) };
}

/** A URL: a link where a browser would fetch it by HTTP, else only text. */
export function link(kind = "url") {
  const node = new Text();
  const element = make("a", { class: kind, rel: "noreferrer", target: "_blank" }, node);
  const show = (url) => {
    if (node.data === (url ?? "")) return;
    node.data = element.title = url ?? "";
    if (/^https?:\/\//i.test(url)) element.href = url;
    else element.removeAttribute("href");
  };
  return { element, show };
}

/** A list whose items keep their elements, and so their focus, from one picture to the next. */
export class Rows {
  constructor(parent, key, row) {
    Object.assign(this, { parent, key, row, rows: new Map() });
  }

  show(items) {
    const wanted = new Map(items.map((item) => [this.key(item), item]));
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      row.element.remove();
      this.rows.delete(key);
    }
    let next = this.parent.querySelector(":scope > .row");
    for (const [key, item] of wanted) {
      let row = this.rows.get(key);
      if (!row) this.rows.set(key, (row = this.row(item))).get(key).element.classList.add("row");
      row.fill(item);
      if (row.element === next) next = next.nextElementSibling;
      else this.parent.insertBefore(row.element, next);
    }
  }
}

/** Rows of a table: `columns` are the tags of the cells, `values` gives their texts. */
export function table(id, columns, values, key = (item) => item[0]) {
  const heads = Array.from($(id).tHead.rows[0].cells, (cell) => cell.textContent);
  return new Rows($(id).tBodies[0], key, () => {
    const cells = columns.map(slot);
    for (const [at, head] of heads.entries()) mark(cells[at].element, "data-of", head); // for the narrow page
    const element = make("tr", {}, ...cells.map((cell) => cell.element));
    mark(cells[0].element, "scope", "row");
    return { element, fill: (item) => values(item, element).forEach((value, at) => put(cells[at].node, value)) };
  });
}

/** A button that is not in use stays where it is, and is told of by a screen reader, but does nothing. */
export function press(id, action) {
  $(id).addEventListener("click", () => $(id).getAttribute("aria-disabled") !== "true" && action());
}
