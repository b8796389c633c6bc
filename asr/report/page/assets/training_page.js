// The page of one training or several: curves over epochs, and what the model heard at the epoch that is chosen.

const runs = report.runs;
const runNames = runs.map(({ name }) => name);
const numEpochs = runs.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch)).reduce((a, b) => Math.max(a, b), 1);
const slider = html("input", {
  type: "range",
  id: "epoch",
  min: 1,
  max: numEpochs,
  step: 1,
  value: numEpochs,
  "aria-label": "Epoch",
  oninput: () => chooseEpoch(Number(slider.value)),
});
const shownEpoch = html("output", { for: "epoch" });
let curves = [];

function trainingHead() {
  const head = [
    "Run",
    "epochs",
    "best",
    "at epoch",
    "last loss",
    "development loss",
    "time",
    "frames a second",
    "data wait",
  ];
  const rows = runs.map((run, place) => [
    seriesName(run.name, place),
    count(run.epochs.length),
    html("strong", {}, run.best ? `${run.best.name} ${percent(run.best.rate)}` : NOTHING),
    run.best ? count(run.best.epoch) : NOTHING,
    compact(run.epochs.at(-1).loss),
    compact(run.epochs.at(-1).val_loss),
    hoursAndMinutes(run.seconds),
    compact(run.frames_per_second),
    percent(run.data_wait, 1),
  ]);
  return html(
    "header",
    { class: "page-head" },
    html("p", { class: "eyebrow" }, "Training"),
    html(
      "h1",
      {},
      runNames.flatMap((name, place) => [place ? html("span", { class: "versus" }, ", ") : "", foreign(name)]),
    ),
    html(
      "div",
      { class: "card scroll", tabindex: 0, role: "region", "aria-label": "Runs" },
      simpleTable(head, rows, { class: "systems" }),
    ),
    divergedNotices(),
  );
}

function divergedNotices() {
  const lines = runs
    .filter(({ diverged }) => isNumber(diverged))
    .map(({ name, diverged }) =>
      html("li", {}, foreign(name), ` diverged: its loss is not finite at epoch ${diverged}; curves have a gap there.`),
    );
  return lines.length ? html("ul", { class: "notices", "aria-label": "Notes" }, lines) : null;
}

function hoursAndMinutes(duration) {
  const minutes = Math.round(duration / 60);
  return minutes < 1
    ? seconds(duration, 0)
    : minutes < 60
      ? `${minutes}\u202fmin`
      : `${Math.floor(minutes / 60)}\u202fh ${minutes % 60}\u202fmin`;
}

/** Figures of a measure: one with all runs. */
function ofRuns(title, key, options) {
  const series = runs.map(({ name, epochs }) => ({ name, points: epochs.map((epoch) => [epoch.epoch, epoch[key]]) }));
  return linesFigure({ title, series, ...options });
}

/** Two measures of one run in one figure; of several runs a figure each. */
function together(title, keys, options) {
  if (runs.length > 1) return keys.map(([key, name]) => ofRuns(`${title}, ${name}`, key, options));
  const series = keys.map(([key, name]) => ({
    name,
    points: runs[0].epochs.map((epoch) => [epoch.epoch, epoch[key]]),
  }));
  return [linesFigure({ title, series, ...options })];
}

function makeCurves() {
  const rate = { format: (value) => percent(value, 1), share: true };
  const loss = { format: compact, logarithmic: true, note: "Nats an utterance; logarithmic scale." };
  return [
    ...together(
      "Error rate",
      [
        ["wer", "words"],
        ["cer", "characters"],
        ["per", "phones"],
      ],
      rate,
    ),
    ...together(
      "Loss",
      [
        ["loss", "training"],
        ["val_loss", "development"],
      ],
      loss,
    ),
    ofRuns("Learning rate", "learning_rate", { format: compact }),
    ofRuns("Throughput", "frames_per_second", { format: compact, note: "Frames of training audio a second." }),
    ofRuns("Waiting for data", "data_wait", {
      format: (value) => percent(value, 2),
      share: true,
      note: "Share of the training time.",
    }),
    ofRuns("Blanks", "blank_rate", {
      format: (value) => percent(value, 1),
      share: true,
      note: "Share of development frames whose best token is the blank.",
    }),
    ofRuns("Time of an epoch", "seconds", { format: (value) => seconds(value, 0) }),
  ].filter(Boolean);
}

function samplesOf(run, epoch) {
  const place = run.epochs.findIndex((record) => record.epoch === epoch);
  const shown =
    place < 0
      ? []
      : run.samples.filter(({ found }) => found[place]).map((sample) => ({ ...sample, found: [sample.found[place]] }));
  const views = shown.map((sample) =>
    html(
      "div",
      { class: "sample" },
      html("h4", {}, foreign(sample.id)),
      alignmentView(withAlignment(sample, 0), [run.name]),
    ),
  );
  const none = html("p", { class: "note" }, place < 0 ? "This run has no such epoch." : "No samples were kept.");
  return html(
    "div",
    { class: "card" },
    runs.length > 1 && html("h3", {}, foreign(run.name)),
    views.length ? views : none,
  );
}

function chooseEpoch(epoch) {
  slider.value = epoch;
  shownEpoch.textContent = `epoch ${epoch} of ${numEpochs}`;
  curves.forEach((curve) => curve.show(epoch));
  document.getElementById("samples-slot").replaceChildren(legend(), ...runs.map((run) => samplesOf(run, epoch)));
}

function differences() {
  if (!report.differences.length) return null;
  const rows = report.differences.map(({ setting, values }) => [
    html("code", {}, setting),
    ...values.map((value) => foreign(value ?? NOTHING)),
  ]);
  return section(
    "settings",
    "What the settings differ in",
    html(
      "div",
      { class: "card scroll", tabindex: 0, role: "region", "aria-label": "Settings" },
      simpleTable(["Setting", ...runNames], rows),
    ),
  );
}

function start() {
  curves = makeCurves();
  const picker = html("div", { class: "epoch-picker" }, html("label", { for: "epoch" }, "Epoch"), slider, shownEpoch);
  document.getElementById("page").append(
    trainingHead(),
    ...[
      html(
        "main",
        {},
        section(
          "curves",
          "Epoch by epoch",
          picker,
          html(
            "div",
            { class: "figures in-rows" },
            curves.map(({ element }) => element),
          ),
        ),
        section("samples", "What the model heard", html("div", { id: "samples-slot" })),
        differences(),
        section("about", "How this was made", html("pre", { class: "command", tabindex: 0 }, report.command)),
      ),
    ],
  );
  chooseEpoch(runs[0].best?.epoch ?? numEpochs);
}

start();
