// Word error rates of groups (speakers, or any key of the manifest) with their intervals, worst first.

const GROUPS_SHOWN = 24;
const MAX_LABEL = Math.round(CHART_WIDTH / 24); // characters

function groupsFigure() {
  const keys = Object.keys(report.groups);
  if (!keys.length) return null;
  const slot = html("div", {});
  const draw = (key) => slot.replaceChildren(groupsOf(key, chooser(keys, key, draw)));
  draw(keys[0]);
  return slot;
}

function chooser(keys, key, draw) {
  if (keys.length === 1) return null;
  const options = keys.map((name) => html("option", { value: name, selected: name === key }, name));
  const onchange = (event) => (draw(event.target.value), document.getElementById("group-key").focus());
  return field("By", html("select", { id: "group-key", onchange }, options));
}

function groupsOf(key, controls) {
  const names = report.systems.map(({ name }) => name);
  const ordered = report.groups[key].ordered;
  const groups = Object.entries(report.groups[key].values).map(([value, rates]) => ({ value, rates }));
  if (!ordered) groups.sort((a, b) => (b.rates[0].wer ?? -1) - (a.rates[0].wer ?? -1));
  const shown = groups.slice(0, GROUPS_SHOWN);
  const rest = groups.length - shown.length;
  const order = ordered ? "" : " Worst first.";
  return figure({
    title: `Word error rate by ${key}`,
    note: `Bars: 95\u202f% intervals.${order}${rest ? ` The first ${GROUPS_SHOWN} of ${groups.length}; all are under \u201cNumbers\u201d.` : ""} A name lists its utterances.`,
    controls,
    drawing: html("div", {}, seriesLegend(names), groupsChart(key, shown, names.length)),
    numbers: groupNumbers(key, groups, names),
  });
}

function groupsChart(key, groups, numSystems) {
  const lineHeight = 14 + 12 * numSystems;
  const longest = Math.max(...groups.map(({ value }) => Math.min(value.length, MAX_LABEL)));
  const [left, right, top, bottom] = [24 + 7 * longest, CHART_WIDTH - 62, 4, 4 + groups.length * lineHeight];
  const highest = Math.max(0.01, ...groups.flatMap(({ rates }) => rates.map(({ wer, high }) => high ?? wer ?? 0)));
  const values = ticks(0, highest);
  const scale = linear([0, highest], [left, right]);
  const rows = groups.map(({ value, rates }, row) => {
    const middle = top + (row + 0.5) * lineHeight;
    return [
      groupLabel(key, value, left - 10, middle + 4),
      rates.map((rate, place) => groupRate(rate, place, scale, middle + 12 * (place - (numSystems - 1) / 2))),
    ];
  });
  const axis = bottomAxis(values, scale, { top, bottom, format: (value) => `${trimmed(100 * value)}\u202f%` });
  return canvas(bottom + 26, `Word error rate by ${key}; the numbers follow as a table`, axis, rows);
}

function groupLabel(key, value, x, y) {
  const name = value.length > MAX_LABEL ? `${value.slice(0, MAX_LABEL - 1)}\u2026` : value;
  const onclick = () => (change({ group: groupName(key, value) }), showUtterances());
  const label = text(x, y, name, { class: "label link", "text-anchor": "end", onclick });
  label.append(svg("title", {}, value));
  return label;
}

function groupRate({ wer, low, high }, place, scale, y) {
  if (!isNumber(wer)) return null;
  const whisker =
    isNumber(low) &&
    svg("line", { class: `whisker series-${place % 4}`, x1: scale(low), x2: scale(high), y1: y, y2: y });
  const end = Math.max(scale(wer) + 9, isNumber(high) ? scale(high) + 7 : 0);
  return [whisker, mark(place, scale(wer), y, 4.5), text(end, y + 4, percent(wer, 1), { class: "value" })];
}

function groupNumbers(key, groups, names) {
  const several = names.length > 1;
  const head = [
    key,
    "utterances",
    "words",
    ...names.map((name) => (several ? `WER ${name}` : "WER")),
    ...names.map((name) => (several ? `interval ${name}` : "interval")),
  ];
  const link = (value) => {
    const onclick = () => (change({ group: groupName(key, value) }), showUtterances());
    return html("button", { type: "button", class: "link", onclick }, foreign(value));
  };
  const rows = groups.map(({ value, rates }) => [
    link(value),
    count(rates[0].utterances),
    count(rates[0].words),
    ...rates.map(({ wer }) => percent(wer)),
    ...rates.map(({ low, high }) => (isNumber(low) ? `${percent(low)} to ${percent(high)}` : NOTHING)),
  ]);
  return { head, rows };
}
