// How many utterances have which word error rate.

const RATE_BINS = [
  { label: "0", test: (rate) => rate === 0 },
  ...[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75].map((low, place, lows) => {
    const high = lows[place + 1] ?? 1;
    return { label: `\u2264${Math.round(100 * high)}`, test: (rate) => rate > low && rate <= high };
  }),
  { label: ">100", test: (rate) => rate > 1 },
];

function histogramFigure() {
  const names = report.systems.map(({ name }) => name);
  const counts = RATE_BINS.map(({ test }) =>
    names.map(
      (_, system) => utterances.filter(({ found }) => isNumber(found[system].wer) && test(found[system].wer)).length,
    ),
  );
  const without = utterances.filter(({ reference }) => !reference.length).length;
  const note = `Utterances by their own word error rate in per cent.${without ? ` ${counted(without, "utterance")} without a word said: not drawn.` : ""}`;
  return figure({
    title: "Utterances by error rate",
    note,
    drawing: html("div", {}, seriesLegend(names), histogramChart(counts)),
    numbers: {
      head: ["WER in %", ...(names.length > 1 ? names : ["utterances"])],
      rows: RATE_BINS.map(({ label }, bin) => [label, ...counts[bin].map(count)]),
    },
  });
}

function histogramChart(counts) {
  const [left, right, top, bottom] = [46, CHART_WIDTH - 6, 18, 220];
  const highest = Math.max(1, ...counts.flat());
  const scale = linear([0, highest], [bottom, top]);
  const slot = (right - left) / counts.length;
  const width = Math.min(34, (slot - 10) / counts[0].length);
  const bars = counts.map((bin, place) => {
    const start = left + (place + 0.5) * slot - (width * bin.length) / 2;
    return [
      bin.map((number, system) => histogramBar(number, system, start + system * width, width, scale)),
      text(left + (place + 0.5) * slot, bottom + 18, RATE_BINS[place].label, {
        class: "tick",
        "text-anchor": "middle",
      }),
    ];
  });
  const axis = leftAxis(ticks(0, highest, 4).filter(Number.isInteger), scale, { left, right, format: compact });
  return canvas(bottom + 26, "Number of utterances by word error rate; the numbers follow as a table", axis, bars);
}

function histogramBar(number, system, x, width, scale) {
  const label = text(x + width / 2 - 0.5, scale(number) - 5, compact(number), {
    class: "value",
    "text-anchor": "middle",
  });
  const bar = svg("rect", {
    class: `bar series-${system % 4}`,
    x,
    y: scale(number),
    width: width - 2,
    height: scale(0) - scale(number),
  });
  return [bar, width > 16 && number > 0 && label];
}
