// Elements are made here only. Text goes in as text, never as markup: transcripts and ids are of others.

const SVG = "http://www.w3.org/2000/svg";

function make(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An HTML element; children are elements or text, lists of them are flattened, null is left out. */
function html(name, attributes, ...children) {
  return make(document.createElement(name), attributes, children);
}

/** An SVG element. */
function svg(name, attributes, ...children) {
  return make(document.createElementNS(SVG, name), attributes, children);
}

/** Text for screen readers alone. */
function spoken(text) {
  return html("span", { class: "spoken" }, text);
}

/** Text of others, kept from turning the direction of what stands around it. */
function foreign(text) {
  return html("bdi", {}, text);
}

/** Plain table: head cells, then rows of cells. */
function simpleTable(head, rows, attributes) {
  const headRow = html(
    "tr",
    {},
    head.map((text) => html("th", { scope: "col" }, text)),
  );
  const body = rows.map((cells) =>
    html(
      "tr",
      {},
      cells.map((cell) => html("td", {}, cell)),
    ),
  );
  return html("table", attributes, html("thead", {}, headRow), html("tbody", {}, body));
}

/** A titled part of the page. */
function section(id, title, ...children) {
  return html("section", { id, "aria-labelledby": `${id}-title` }, html("h2", { id: `${id}-title` }, title), children);
}

/** A control with its label; the control has an id. */
function field(label, control) {
  return html("div", { class: "field" }, html("label", { for: control.id }, label), control);
}
