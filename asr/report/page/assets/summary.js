// The head of the page: the word error rate with its interval, what it is made of, and what was compared.

function summarySection() {
  const single = report.systems.length === 1;
  return html(
    "header",
    { class: "page-head" },
    html("p", { class: "eyebrow" }, "Word error rate"),
    html(
      "h1",
      {},
      single
        ? foreign(report.systems[0].name)
        : report.systems.flatMap(({ name }, place) => [
            place ? html("span", { class: "versus" }, " and ") : "",
            foreign(name),
          ]),
    ),
    html(
      "p",
      { class: "subtitle" },
      "on ",
      foreign(report.references),
      ` \u00b7 ${counted(report.systems[0].rates.utterances, "utterance")} \u00b7 ${counted(report.systems[0].rates.words, "word")}`,
    ),
    single ? singleSummary(report.systems[0]) : systemsTable(),
    notices(),
  );
}

function singleSummary(system) {
  const { rates } = system;
  const headline = html(
    "div",
    { class: "headline" },
    html(
      "p",
      { class: "big-number" },
      html("strong", { id: "wer" }, percent(rates.wer)),
      html("span", {}, "of words are wrong"),
    ),
    intervalStrip(system.interval, rates.wer),
    html("p", { class: "note" }, intervalWords(system.interval)),
  );
  return html("div", { class: "summary card" }, headline, html("div", {}, makeup(rates), smallNumbers(system)));
}

/** A short axis with the interval as a bar and the rate as a dot. */
function intervalStrip(interval, rate) {
  if (!interval || !isNumber(rate)) return null;
  const highest = niceAbove(interval.high);
  const scale = linear([0, highest], [8, CHART_WIDTH / 2 - 20]);
  const labels = ticks(0, highest, 4).map((value) =>
    text(scale(value), 38, `${trimmed(100 * value)}\u202f%`, { class: "tick", "text-anchor": "middle" }),
  );
  return svg(
    "svg",
    {
      viewBox: `-8 0 ${CHART_WIDTH / 2} 44`,
      class: "strip",
      role: "img",
      "aria-label": `Interval ${intervalWords(interval)}`,
    },
    svg("line", { class: "axis", x1: scale(0), x2: scale(highest), y1: 20, y2: 20 }),
    labels,
    svg("line", { class: "whisker wide series-0", x1: scale(interval.low), x2: scale(interval.high), y1: 12, y2: 12 }),
    mark(0, scale(rate), 12, 6),
  );
}

function niceAbove(value) {
  const step = ticks(0, value, 4)[1] ?? 1;
  return Math.ceil(value / step - 1e-9) * step;
}

/** What became of the words of the reference, as one bar; inserted words stand beside it. */
function makeup({ words, hits, substitutions, deletions, insertions }) {
  const parts = [
    ["right", hits],
    ["substituted", substitutions],
    ["deleted", deletions],
    ["inserted", insertions],
  ];
  const whole = hits + substitutions + deletions + insertions || 1;
  const bar = parts.map(([name, number]) =>
    html("span", { class: `part ${name}`, style: { "flex-grow": number / whole } }),
  );
  const entries = parts.map(([name, number]) =>
    html(
      "li",
      { class: name },
      html("span", { class: "swatch", "aria-hidden": "true" }, name === "right" ? "" : name[0].toUpperCase()),
      html("strong", {}, count(number)),
      ` ${name}`,
      html("small", {}, ` ${percent(words ? number / words : null, 1)}`),
    ),
  );
  return html(
    "div",
    { class: "makeup" },
    html("div", { class: "stack", "aria-hidden": "true" }, bar),
    html("ul", { "aria-label": "What became of the words" }, entries),
  );
}

function smallNumbers({ rates, real_time_factor: factor }) {
  const entries = [
    ["Character error rate", percent(rates.cer)],
    ["Utterances with an error", percent(rates.sentence_error_rate)],
    ["Match error rate", percent(rates.mer)],
    ["Word information lost", percent(rates.wil)],
    ...(isNumber(factor) ? [["Real-time factor", factor.toPrecision(3)]] : []),
  ];
  return html(
    "dl",
    { class: "small-numbers" },
    entries.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))),
  );
}

/** Utterances without a hypothesis, hypotheses without a reference, sound that is missing. */
function notices() {
  const lines = report.notices.map((line) => html("li", {}, foreign(line)));
  return lines.length ? html("ul", { class: "notices", "aria-label": "Notes" }, lines) : null;
}

function aboutSection() {
  const entries = [
    ["References", report.references],
    ...report.systems.map(({ name, hypotheses }) => [
      report.systems.length > 1 ? `Hypotheses, ${name}` : "Hypotheses",
      hypotheses,
    ]),
    ["Normaliser", `${report.normaliser.name}, version ${report.normaliser.version}`],
    ...report.systems.flatMap(({ name, facts }) =>
      Object.entries(facts).map(([key, value]) => [report.systems.length > 1 ? `${key}, ${name}` : key, value]),
    ),
  ];
  const list = html(
    "dl",
    { class: "facts" },
    entries.map(([name, value]) => html("div", {}, html("dt", {}, foreign(name)), html("dd", {}, foreign(value)))),
  );
  return section(
    "about",
    "How this was measured",
    list,
    html("pre", { class: "command", tabindex: 0 }, report.command),
  );
}
