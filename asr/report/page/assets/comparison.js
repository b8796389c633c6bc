// Several systems: a table of them, and what is known of the difference of each two.

function systemsTable() {
  const highest = niceAbove(
    Math.max(...report.systems.map(({ interval, rates }) => interval?.high ?? rates.wer ?? 0)) || 0.01,
  );
  const head = ["System", "WER", "Interval", "CER", "Utterances with an error", "S", "D", "I"];
  const rows = report.systems.map(({ name, rates, interval }, place) => [
    seriesName(name, place),
    html("strong", {}, percent(rates.wer)),
    html(
      "span",
      { class: "interval-cell" },
      systemStrip(interval, rates.wer, place, highest),
      interval ? `${percent(interval.low)} to ${percent(interval.high)}` : NOTHING,
    ),
    percent(rates.cer),
    percent(rates.sentence_error_rate),
    count(rates.substitutions),
    count(rates.deletions),
    count(rates.insertions),
  ]);
  const table = simpleTable(head, rows, { class: "systems" });
  return html("div", { class: "card scroll", tabindex: 0, role: "region", "aria-label": "Systems" }, table);
}

function systemStrip(interval, rate, place, highest) {
  if (!interval || !isNumber(rate)) return null;
  const scale = linear([0, highest], [4, 156]);
  return svg(
    "svg",
    { viewBox: "0 0 160 16", class: "strip small", "aria-hidden": "true" },
    svg("line", { class: "axis", x1: 4, x2: 156, y1: 8, y2: 8 }),
    svg("line", {
      class: `whisker wide series-${place % 4}`,
      x1: scale(interval.low),
      x2: scale(interval.high),
      y1: 8,
      y2: 8,
    }),
    mark(place, scale(rate), 8, 4),
  );
}

function comparisonSection() {
  if (!report.pairs.length) return null;
  return section("difference", "Is the difference real?", html("div", { class: "pairs" }, report.pairs.map(pairCard)));
}

function pairCard(pair) {
  const [first, second] = [report.systems[pair.first].name, report.systems[pair.second].name];
  return html(
    "article",
    { class: "card pair" },
    html("h3", {}, foreign(second), " against ", foreign(first)),
    html(
      "p",
      { class: "big-number" },
      html("strong", {}, points(pair.difference)),
      html("span", {}, "percentage points of word error rate"),
    ),
    html("p", { class: "note" }, verdict(pair, second)),
    wonAndLost(pair, first, second),
    simpleTable(["Test", "pairs", "statistic", "p"], pair.tests),
    html(
      "div",
      { class: "changes" },
      changedWords(`Right only with ${second}`, pair.mended),
      changedWords(`Right only with ${first}`, pair.broken),
    ),
  );
}

/** What the interval says, in words; the tests stand beside it and are the reader's to weigh. */
function verdict({ interval, difference, probability_of_improvement: probability }, second) {
  if (!interval) return "No interval: too few utterances.";
  const range = `${points(interval.low)} to ${points(interval.high)} (${Math.round(100 * interval.level)}\u202f% paired bootstrap over ${interval.unit}s)`;
  const clear = interval.low > 0 || interval.high < 0;
  const meaning = clear
    ? `it does not hold 0; ${second} makes ${difference < 0 ? "fewer" : "more"} errors`
    : "it holds 0, so these utterances do not tell which is better";
  const share = isNumber(probability) ? ` ${second} makes fewer errors in ${percent(probability, 1)} of the resamples.` : "";
  return `Interval ${range}: ${meaning}.${share}`;
}

function wonAndLost({ won, tied, lost }, first, second) {
  const parts = [
    ["won", won, `${second} better`],
    ["tied", tied, "alike"],
    ["lost", lost, `${first} better`],
  ];
  const bar = parts.map(([name, number]) => html("span", { class: `part ${name}`, style: { "flex-grow": number } }));
  const entries = parts.map(([name, number, label]) =>
    html(
      "li",
      { class: name },
      html("span", { class: "swatch", "aria-hidden": "true" }),
      html("strong", {}, count(number)),
      " ",
      foreign(label),
    ),
  );
  return html(
    "div",
    { class: "makeup" },
    html("div", { class: "stack", "aria-hidden": "true" }, bar),
    html("ul", { "aria-label": "Utterances by the system with fewer errors" }, entries),
  );
}

const CHANGES_SHOWN = 8;

function changedWords(title, changes) {
  const word = (text) => (text === null ? html("em", {}, "nothing") : foreign(text));
  const items = changes
    .slice(0, CHANGES_SHOWN)
    .map(({ reference, first, second, count: times }) =>
      html(
        "li",
        {},
        html("span", { class: "times" }, `${times}\u00d7`),
        word(reference),
        html("small", {}, " found as ", word(first), " and ", word(second)),
      ),
    );
  return html(
    "div",
    {},
    html("h4", {}, title),
    items.length ? html("ul", { class: "change-list" }, items) : html("p", { class: "note" }, "No words."),
  );
}
