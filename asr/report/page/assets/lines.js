// Curves over epochs, with the values of one epoch, which the reader moves, beside their names.

/**
 * A figure of curves: `series` are {name, points: [[epoch, value]]}, with a gap where there is no value; returns
 * {element, show(epoch)}.
 */
function linesFigure({ title, note, series, format, logarithmic, share }) {
  const drawn = series.filter(({ points }) => points.some(([, value]) => isNumber(value)));
  if (!drawn.length) return null;
  const area = { left: 58, right: CHART_WIDTH - 12, top: 10, bottom: 230 };
  const scales = lineScales(drawn, area, logarithmic, share);
  const marker = svg("line", { class: "epoch-line", y1: area.top, y2: area.bottom });
  const lines = drawn.map(({ points }, place) => curve(points, place, scales));
  const label = `${title} over epochs; the numbers follow as a table`;
  const drawing = canvas(
    area.bottom + 40,
    label,
    axesOf(scales, area, share ? (value) => `${trimmed(100 * value)}\u202f%` : format),
    marker,
    lines,
    text((area.left + area.right) / 2, area.bottom + 36, "epoch", { class: "label", "text-anchor": "middle" }),
  );
  const legendSlot = html("p", { class: "series-legend" });
  drawing.addEventListener("click", (event) => {
    const box = drawing.getBoundingClientRect();
    chooseEpoch(scales.epochAt(((event.clientX - box.left) / box.width) * CHART_WIDTH));
  });

  function show(epoch) {
    marker.setAttribute("x1", scales.x(epoch));
    marker.setAttribute("x2", scales.x(epoch));
    legendSlot.replaceChildren(...drawn.map((one, place) => legendEntry(one, place, epoch, format)));
  }

  return {
    element: figure({
      title,
      note,
      drawing: html("div", {}, legendSlot, drawing),
      numbers: lineNumbers(drawn, format),
    }),
    show,
  };
}

function legendEntry({ name, points }, place, epoch, format) {
  const value = points.find(([at]) => at === epoch)?.[1];
  return html(
    "span",
    {},
    seriesKey(place),
    foreign(name),
    html("strong", {}, isNumber(value) ? format(value) : NOTHING),
  );
}

function lineScales(drawn, area, logarithmic, share) {
  const epochs = drawn.flatMap(({ points }) => points.map(([epoch]) => epoch));
  const values = drawn.flatMap(({ points }) => points.map(([, value]) => value)).filter(isNumber);
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const x = linear([first, last], [area.left + 6, area.right - 6]);
  const logs = logarithmic && lowest > 0;
  const ends = logs
    ? [Math.log10(lowest) - 0.05, Math.log10(highest) + 0.05]
    : [0, share && highest <= 1 ? Math.min(1, highest * 1.05) || 1 : highest * 1.05 || 1];
  const onScale = linear(ends, [area.bottom, area.top]);
  const y = logs ? (value) => onScale(Math.log10(value)) : onScale;
  const steps = logs ? logTicks(lowest, highest) : ticks(0, ends[1]);
  const epochAt = (place) =>
    Math.min(last, Math.max(first, Math.round(linear([area.left + 6, area.right - 6], [first, last])(place))));
  return { x, y, steps, epochAt, epochTicks: ticks(first, last, 8).filter(Number.isInteger) };
}

/** 1, 2 and 5 of each power of ten; of many powers the powers alone. */
function logTicks(low, high) {
  const powers = ticks(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)), 12).filter(Number.isInteger);
  const factors = powers.length > 4 ? [1] : [1, 2, 5];
  return powers
    .flatMap((power) => factors.map((factor) => factor * 10 ** power))
    .filter((value) => value >= low * 0.9 && value <= high * 1.1);
}

function axesOf({ x, y, steps, epochTicks }, { left, right, top, bottom }, format) {
  return [leftAxis(steps, y, { left, right, format }), bottomAxis(epochTicks, x, { top, bottom, format: String })];
}

function curve(points, place, { x, y }) {
  const corner = ([epoch, value]) => `${x(epoch).toFixed(1)},${y(value).toFixed(1)}`;
  const [epoch, value] = points.findLast(([, value]) => isNumber(value));
  return [
    ...stretches(points).map((stretch) =>
      svg("polyline", { class: `line series-${place % 4}`, points: stretch.map(corner).join(" ") }),
    ),
    mark(place, x(epoch), y(value), 4),
  ];
}

/** The points between gaps; a lone one twice, for a line of one corner is not drawn. */
function stretches(points) {
  const found = [[]];
  for (const point of points) {
    if (isNumber(point[1])) found.at(-1).push(point);
    else if (found.at(-1).length) found.push([]);
  }
  return found.filter(({ length }) => length).map((stretch) => (stretch.length > 1 ? stretch : [...stretch, ...stretch]));
}

function lineNumbers(drawn, format) {
  const epochs = [...new Set(drawn.flatMap(({ points }) => points.map(([epoch]) => epoch)))].sort((a, b) => a - b);
  const tables = drawn.map(({ points }) => new Map(points));
  const rows = epochs.map((epoch) => [
    epoch,
    ...tables.map((table) => (table.has(epoch) ? format(table.get(epoch)) : NOTHING)),
  ]);
  return { head: ["epoch", ...drawn.map(({ name }) => name)], rows };
}
