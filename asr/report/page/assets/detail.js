// The chosen utterance: its words aligned, its sound, its words in time.

let timeline = null;

function detailPanel() {
  return html("article", {
    id: "utterance",
    class: "card detail",
    "aria-labelledby": "utterance-title",
  });
}

function showUtterance() {
  const panel = document.getElementById("utterance");
  const utterance = utterances[state.selected];
  if (!utterance) {
    panel.replaceChildren(
      html("p", { class: "note", id: "utterance-title" }, "Choose an utterance to read and hear it."),
    );
    return;
  }
  timeline = timelineView(utterance);
  const hasSound = loadSound(utterance, timeline.setTime);
  const parts = [
    detailHead(utterance),
    legend(),
    alignmentView(utterance),
    hasSound && html("div", { class: "player" }, player.audio),
    timeline.element,
  ];
  panel.replaceChildren(...parts.filter(Boolean));
  timeline.draw();
}

/** The alignment with what is now searched for, while the sound plays on. */
function showAlignmentAgain() {
  const shown = document.querySelector("#utterance .alignment-frame");
  if (shown) shown.replaceWith(alignmentView(utterances[state.selected]));
}

function detailHead(utterance) {
  const facts = [
    ["speaker", utterance.speaker],
    ["length", utterance.duration && seconds(utterance.duration, 2)],
    ["words", count(utterance.reference.length)],
    ...utterance.found.map((found, system) => [
      report.systems.length > 1 ? report.systems[system].name : "errors",
      errorWords(utterance, found),
    ]),
    ["words a second", isNumber(utterance.speaking_rate) && utterance.speaking_rate.toFixed(1)],
    ["signal to noise", isNumber(utterance.snr_db) && `${utterance.snr_db.toFixed(0)}\u202fdB`],
    ...Object.entries(utterance.groups ?? {}).filter(([key]) => key !== "speaker" && !report.groups[key]?.ordered),
  ].filter(([, value]) => value);
  return html(
    "div",
    { class: "detail-head" },
    html("h3", { id: "utterance-title" }, foreign(utterance.id)),
    html(
      "dl",
      { class: "chips" },
      facts.map(([name, value]) =>
        html("div", {}, html("dt", {}, foreign(name)), html("dd", {}, foreign(String(value)))),
      ),
    ),
    html("a", { href: utteranceLink(utterance), class: "deep-link" }, "Link", spoken(" to this utterance")),
  );
}

function errorWords(utterance, { errors, wer }) {
  return isNumber(wer) ? `${count(errors)} (${percent(wer, 0)})` : `${count(errors)} (nothing was said)`;
}
