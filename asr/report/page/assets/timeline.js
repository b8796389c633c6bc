// The words of an utterance where they are in time, under its spectrogram where the samples can be read.

const SECONDS_SHOWN = 30; // of a longer utterance, a part at a time
const SECOND_AT_LEAST = 60; // px

function timelineView(utterance) {
  const length = utteranceLength(utterance);
  if (!length) return { element: null, setTime: () => {}, draw: () => {} };
  const span = Math.min(length, SECONDS_SHOWN);
  const picture = html("canvas", { height: TRANSFORM / 2, class: "spectrogram", "aria-hidden": "true", hidden: true });
  const cursor = html("div", { class: "cursor", "aria-hidden": "true", hidden: true });
  const track = html("div", { class: "track" });
  const frame = html("div", { class: "timeline", tabindex: 0, role: "region", "aria-label": "Words in time" }, track);
  const note = html("p", { class: "note" });
  const parts = html("p", { class: "timeline-parts" });
  const waveform = waveformOf(utterance);
  let from = 0;

  track.addEventListener("click", (event) => {
    if (event.target.closest("button")) return;
    play(from + ((event.clientX - track.getBoundingClientRect().left) / track.clientWidth) * span);
  });

  function draw(start = 0) {
    from = start;
    const width = Math.max(frame.clientWidth || 900, Math.round(span * SECOND_AT_LEAST));
    track.style.setProperty("width", `${width}px`);
    track.replaceChildren(
      picture,
      ...[timeAxis(from, span), wordRows(utterance, from, span)].flat(Infinity).filter(Boolean),
      cursor,
    );
    parts.replaceChildren(...(length > span ? partButtons(from, span, length, draw) : []));
    waveform.then((samples) => paint(samples, width));
  }

  function paint(samples, width) {
    picture.hidden = samples === null;
    frame.hidden = samples === null && !track.querySelector(".timed"); // an empty axis says nothing
    note.replaceChildren(...(samples === null ? withoutSpectrogram(utterance) : []));
    if (samples === null) return;
    picture.width = width;
    const shown = new Float32Array(Math.round(span * SAMPLE_RATE_HZ));
    shown.set(samples.subarray(Math.round(from * SAMPLE_RATE_HZ), Math.round(from * SAMPLE_RATE_HZ) + shown.length));
    paintSpectrogram(picture, shown);
  }

  function setTime(time) {
    const start = Math.min(Math.max(0, Math.floor(time / span) * span), Math.max(0, length - 0.01));
    if (start !== from && time < length) draw(start);
    cursor.hidden = time < from || time > from + span;
    cursor.style.setProperty("left", `${(100 * (time - from)) / span}%`);
    for (const word of track.querySelectorAll(".timed")) {
      word.classList.toggle("now", time >= word.dataset.start && time < word.dataset.end);
    }
  }

  return { element: html("div", {}, frame, parts, note), setTime, draw };
}

function utteranceLength(utterance) {
  const ends = utterance.found.flatMap(({ times }) => times ?? []).map((hundredths) => (hundredths ?? 0) / 100);
  return utterance.duration || ends.reduce((a, b) => Math.max(a, b), 0) || null;
}

function partButtons(from, span, length, draw) {
  const button = (label, start) =>
    html(
      "button",
      { type: "button", class: "quiet", disabled: start < 0 || start >= length, onclick: () => draw(start) },
      label,
    );
  const shown = `${trimmed(from)} to ${seconds(Math.min(length, from + span), 0)} of ${seconds(length, 0)}`;
  return [button("Earlier", from - span), html("span", {}, shown), button("Later", from + span)];
}

function withoutSpectrogram(utterance) {
  if (!utterance.audio) return ["No sound is known for this utterance."];
  if (location.protocol.startsWith("http")) return ["The sound file could not be read."];
  const before =
    "A page opened from disk may play sound files but not read them. For the spectrogram, or where nothing is heard, ";
  return [before, folderButton(), "."];
}

function folderButton() {
  const input = html("input", {
    type: "file",
    webkitdirectory: true,
    multiple: true,
    hidden: true,
    onchange: () => (openFolder(input.files), showUtterance()),
  });
  return html(
    "span",
    {},
    html(
      "button",
      { type: "button", class: "link", onclick: () => input.click() },
      "open the folder of the recordings",
    ),
    input,
  );
}

function timeAxis(from, span) {
  const shown = ticks(from, from + span, Math.min(20, Math.max(4, Math.round(span * 2))));
  const labels = shown.map((time) =>
    html("span", { style: { left: `${(100 * (time - from)) / span}%` } }, `${trimmed(time)}\u202fs`),
  );
  return html("div", { class: "time-axis", "aria-hidden": "true" }, labels);
}

function wordRows(utterance, from, span) {
  const said = timedRow(
    "Said",
    wordsInTime(utterance.said_times, utterance.said_words ?? utterance.reference),
    from,
    span,
  );
  const found = utterance.found.map((one, system) => {
    const heard = [...steps(utterance, system)].filter((step) => step.heard !== null);
    // Where normalising has changed the number of words, times are of words as they were given: no edit can be named.
    const edits = one.spoken ? [] : heard.map((step) => step.edit);
    const words = wordsInTime(one.times, one.spoken ?? heard.map((step) => step.heard), one.confidence, edits);
    return timedRow(report.systems.length > 1 ? report.systems[system].name : "Found", words, from, span);
  });
  return [said, found];
}

/** Words with their times in seconds; those whose times are not known are left out. */
function wordsInTime(times, words, confidence = [], edits = []) {
  if (!times) return [];
  const timed = words.map((word, place) => ({
    word,
    start: times[2 * place],
    end: times[2 * place + 1],
    sure: confidence[place],
    edit: edits[place],
  }));
  return timed
    .filter(({ start, end }) => isNumber(start) && isNumber(end))
    .map((one) => ({ ...one, start: one.start / 100, end: one.end / 100 }));
}

function timedRow(name, words, from, span) {
  if (!words.length) return null;
  const shown = words.filter(({ start, end }) => end > from && start < from + span);
  const label = report.systems.length > 1 && html("p", { class: "timed-name", "aria-hidden": "true" }, foreign(name));
  return [
    label,
    html(
      "ol",
      { class: "timed-row", "aria-label": `${name}: words in time` },
      shown.map((word) => html("li", {}, timedWord(word, from, span))),
    ),
  ];
}

function timedWord({ word, start, end, sure, edit }, from, span) {
  const wrong = edit && edit !== HIT;
  const confidence = isNumber(sure) ? `, confidence ${sure}\u202f%` : "";
  const place = { left: `${(100 * (start - from)) / span}%`, width: `${(100 * Math.max(end - start, 0.01)) / span}%` };
  return html(
    "button",
    {
      type: "button",
      class: `timed ${wrong ? EDIT_NAMES[edit] : "hit"}`,
      style: place,
      title: `${word}: ${start.toFixed(2)} to ${end.toFixed(2)} s${confidence}${wrong ? `, ${EDIT_NAMES[edit]}` : ""}`,
      "data-start": start,
      "data-end": end,
      onclick: () => play(start, end),
    },
    html("bdi", {}, word),
    wrong && html("b", { class: "letter" }, edit),
    isNumber(sure) && html("small", { "aria-hidden": "true" }, `${sure}\u202f%`),
  );
}
