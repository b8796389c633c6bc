// Reliability diagram: of the words of a confidence, how many are right; on the diagonal confidence can be believed.

function reliabilityFigure() {
  const known = report.systems.filter(({ calibration }) => calibration);
  if (!known.length) return null;
  const places = known.map((system) => report.systems.indexOf(system));
  const entropies = known.map(
    ({ name, calibration }) =>
      `${known.length > 1 ? `${name}: ` : ""}${isNumber(calibration.normalised_cross_entropy) ? calibration.normalised_cross_entropy.toFixed(3) : "undefined"}`,
  );
  return figure({
    title: "Can confidence be believed?",
    note: `Share of right words by confidence; on the diagonal it can. Larger marks: more words. Normalised cross entropy ${entropies.join(", ")} (1 knows all, 0 nothing).`,
    drawing: html(
      "div",
      {},
      seriesLegend(known.map(({ name }) => name)),
      reliabilityChart(
        known.map(({ calibration }) => calibration.bins),
        places,
      ),
    ),
    numbers: {
      head: [
        "confidence",
        ...known.flatMap(({ name }) => (known.length > 1 ? [`words, ${name}`, `right, ${name}`] : ["words", "right"])),
      ],
      rows: known[0].calibration.bins.map((bin, place) => [
        `${bin.low.toFixed(2)} to ${bin.high.toFixed(2)}`,
        ...known.flatMap(({ calibration }) => [
          count(calibration.bins[place].num_words),
          percent(calibration.bins[place].share_correct, 1),
        ]),
      ]),
    },
  });
}

function reliabilityChart(systems, places) {
  const [left, right, top, bottom] = [56, CHART_WIDTH - 16, 10, 280];
  const [x, y] = [linear([0, 1], [left, right]), linear([0, 1], [bottom, top])];
  const format = (value) => `${Math.round(100 * value)}\u202f%`;
  const values = [0, 0.25, 0.5, 0.75, 1];
  const drawn = systems.map((bins, index) => {
    const filled = bins.filter(({ num_words }) => num_words);
    const most = Math.max(...filled.map(({ num_words }) => num_words));
    const corners = filled.map((bin) => [
      x(bin.mean_confidence),
      y(bin.share_correct),
      3 + 6 * Math.sqrt(bin.num_words / most),
    ]);
    const line = svg("polyline", {
      class: `line series-${places[index] % 4}`,
      points: corners.map(([a, b]) => `${a},${b}`).join(" "),
    });
    return [line, corners.map(([a, b, size]) => mark(places[index], a, b, size))];
  });
  return canvas(
    bottom + 40,
    "Reliability diagram; the numbers follow as a table",
    bottomAxis(values, x, { top, bottom, format }),
    leftAxis(values, y, { left, right, format }),
    svg("line", { class: "diagonal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
    drawn,
    text((left + right) / 2, bottom + 36, "confidence", { class: "label", "text-anchor": "middle" }),
  );
}
