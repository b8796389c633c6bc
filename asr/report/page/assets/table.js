// A table that keeps only the rows in view in the document, so that its length costs nothing.
//
// The focus stays on the table (role grid, aria-activedescendant), so rows may come and go under the reader.

const ROW_HEIGHT = 38; // px, as --row-height of table.css
const ROWS_AROUND = 8; // beyond the edges of what is seen

function utteranceTable() {
  const body = html("tbody");
  const head = html("tr", { "aria-rowindex": 1 }, columns().map(headCell));
  const table = html(
    "table",
    {
      role: "grid",
      tabindex: 0,
      class: "utterances",
      "aria-label": "Utterances; arrow keys choose one, Enter plays it",
      onkeydown: onKey,
    },
    html(
      "colgroup",
      {},
      columns().map((column) => html("col", { class: `column-${column.kind}${minor(column)}` })),
    ),
    html("thead", {}, head),
    body,
  );
  const frame = html("div", { class: "table-frame" }, table);
  let rows = [];

  function refresh() {
    rows = listed();
    table.setAttribute("aria-rowcount", rows.length + 1);
    head.replaceChildren(...columns().map(headCell));
    frame.scrollTop = 0;
    showSelected();
    draw();
  }

  function draw() {
    const height = frame.clientHeight || 400;
    const first = Math.max(0, Math.floor(frame.scrollTop / ROW_HEIGHT) - ROWS_AROUND);
    const last = Math.min(rows.length, Math.ceil((frame.scrollTop + height) / ROW_HEIGHT) + ROWS_AROUND);
    const shown = rows.slice(first, last).map((utterance, place) => bodyRow(utterance, first + place));
    body.replaceChildren(spacer(first), ...shown, spacer(rows.length - last));
    const active = rows.slice(first, last).some(({ index }) => index === state.selected);
    if (active) table.setAttribute("aria-activedescendant", `row-${state.selected}`);
    else table.removeAttribute("aria-activedescendant");
  }

  function showSelected() {
    const place = rows.findIndex(({ index }) => index === state.selected);
    if (place < 0) return;
    const [top, seen] = [place * ROW_HEIGHT, frame.clientHeight - head.offsetHeight];
    if (top < frame.scrollTop) frame.scrollTop = top;
    else if (top + ROW_HEIGHT > frame.scrollTop + seen) frame.scrollTop = top + ROW_HEIGHT - seen;
  }

  function onKey(event) {
    if (event.target !== table) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return playOrPause();
    }
    const place = rows.findIndex(({ index }) => index === state.selected);
    const page = Math.max(1, Math.floor(frame.clientHeight / ROW_HEIGHT) - 2);
    const target = {
      ArrowDown: place + 1,
      ArrowUp: place - 1,
      PageDown: place + page,
      PageUp: place - page,
      Home: 0,
      End: rows.length - 1,
    };
    if (!(event.key in target) || !rows.length) return;
    event.preventDefault();
    change({ selected: rows[Math.min(rows.length - 1, Math.max(0, target[event.key]))].index });
  }

  let waiting = false;
  frame.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => ((waiting = false), draw()));
  });
  watch(["search", "show", "group", "pair", "sort", "system"], refresh);
  watch(["selected"], () => (showSelected(), draw()));
  new ResizeObserver(draw).observe(frame);
  return { element: frame, refresh, rows: () => rows };
}

/** Columns that a small screen leaves out. */
function minor(column) {
  return column.minor ? " minor" : "";
}

function headCell(shown) {
  const { key, head, kind, title } = shown;
  const { column, descending } = state.sort;
  const order = column !== key ? "none" : descending ? "descending" : "ascending";
  const arrow = { none: "", ascending: "\u2191", descending: "\u2193" }[order];
  const onclick = () =>
    change({
      sort: {
        column: key,
        descending: order === "none" ? kind !== "id" && kind !== "key" && kind !== "text" : !descending,
      },
    });
  const label = typeof head === "string" ? head : head.cloneNode(true);
  const button = html(
    "button",
    { type: "button", title, onclick },
    label,
    html("span", { class: "arrow", "aria-hidden": "true" }, arrow),
  );
  return html("th", { scope: "col", class: `cell-${kind}${minor(shown)}`, "aria-sort": order }, button);
}

function bodyRow(utterance, place) {
  const chosen = utterance.index === state.selected;
  const cells = columns().map((column) => {
    const content = column.cell ? column.cell(utterance) : count(column.value(utterance));
    return html("td", { class: `cell-${column.kind}${minor(column)}` }, content);
  });
  return html(
    "tr",
    {
      id: `row-${utterance.index}`,
      "aria-rowindex": place + 2,
      "aria-selected": String(chosen),
      onclick: () => change({ selected: utterance.index }),
    },
    cells,
  );
}

function spacer(numRows) {
  return html("tr", { "aria-hidden": "true", class: "spacer", style: { height: `${numRows * ROW_HEIGHT}px` } });
}
