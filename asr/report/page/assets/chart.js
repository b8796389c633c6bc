// What all charts share: scales, ticks, axes, and the frame of a figure with its numbers as a table.

const CHART_WIDTH = innerWidth < 640 ? 380 : 560; // units of the view box: a small screen gets a small chart, not small text

function linear([from, to], [low, high]) {
  const span = to - from || 1;
  return (value) => low + ((value - from) / span) * (high - low);
}

/** Round numbers from `low` up to `high`, about as many as wanted. */
function ticks(low, high, wanted = 5) {
  const rough = (high - low || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const values = [];
  for (let place = Math.ceil(low / step - 1e-9); place * step <= high + step * 1e-6; place++) {
    values.push(Number((place * step).toPrecision(12)));
  }
  return values;
}

function text(x, y, content, attributes) {
  return svg("text", { x, y, ...attributes }, content);
}

/** Vertical grid lines with labels below: for charts whose values run to the right. */
function bottomAxis(values, scale, { top, bottom, format }) {
  return values.map((value) => [
    svg("line", { class: "grid", x1: scale(value), x2: scale(value), y1: top, y2: bottom }),
    text(scale(value), bottom + 18, format(value), { class: "tick", "text-anchor": "middle" }),
  ]);
}

/** Horizontal grid lines with labels at the left. */
function leftAxis(values, scale, { left, right, format }) {
  return values.map((value) => [
    svg("line", { class: "grid", x1: left, x2: right, y1: scale(value), y2: scale(value) }),
    text(left - 8, scale(value) + 4, format(value), { class: "tick", "text-anchor": "end" }),
  ]);
}

function canvas(height, label, ...children) {
  const box = `0 0 ${CHART_WIDTH} ${height}`;
  return svg("svg", { viewBox: box, role: "img", "aria-label": label, class: "chart" }, children);
}

/** A titled figure; `numbers` ({head, rows}) is the same as a table, for those who cannot see it or want the figures. */
function figure({ title, note, controls, drawing, numbers }) {
  const table =
    numbers &&
    html(
      "details",
      {},
      html("summary", {}, "Numbers"),
      html(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title}: numbers` },
        simpleTable(numbers.head, numbers.rows),
      ),
    );
  const heading = html("figcaption", {}, html("h3", {}, title), controls);
  return html("figure", { class: "card" }, heading, note && html("p", { class: "note" }, note), drawing, table);
}

/** Colours and marks of systems or runs, told apart by shape too: circle, square, triangle, diamond. */
function mark(place, x, y, size = 5) {
  const kind = `series series-${place % 4}`;
  if (place % 4 === 0) return svg("circle", { class: kind, cx: x, cy: y, r: size });
  if (place % 4 === 1) return svg("rect", { class: kind, x: x - size, y: y - size, width: 2 * size, height: 2 * size });
  const shapes = [
    [
      [0, -size],
      [size, size],
      [-size, size],
    ],
    [
      [0, -size],
      [size, 0],
      [0, size],
      [-size, 0],
    ],
  ];
  const corners = shapes[place % 4 === 2 ? 0 : 1].map(([dx, dy]) => `${x + dx},${y + dy}`);
  return svg("polygon", { class: kind, points: corners.join(" ") });
}

/** The mark of a system or run, to stand beside its name. */
function seriesKey(place) {
  return svg("svg", { viewBox: "0 0 14 14", class: "key", "aria-hidden": "true" }, mark(place, 7, 7));
}

/** A system or run in the first column of a table. */
function seriesName(name, place) {
  return html("span", { class: "system-name" }, seriesKey(place), foreign(name));
}

/** Names of systems or runs with their marks; nothing where there is only one. */
function seriesLegend(names) {
  if (names.length < 2) return null;
  return html(
    "p",
    { class: "series-legend" },
    names.map((name, place) => html("span", {}, seriesKey(place), foreign(name))),
  );
}
