// The words of an utterance where they are in time, under its spectrogram where the samples can be read.

const SECONDS_AT_LEAST = 60; // px a second
const WIDEST = 12000; // px: canvases have a limit

function timelineView(utterance) {
  const length = utteranceLength(utterance);
  if (!length) return { element: null, setTime: () => {} };
  const width = (available) => Math.min(WIDEST, Math.max(available, Math.round(length * SECONDS_AT_LEAST)));
  const picture = html("canvas", { height: TRANSFORM / 2, class: "spectrogram", "aria-hidden": "true", hidden: true });
  const cursor = html("div", { class: "cursor", "aria-hidden": "true", hidden: true });
  const rows = report.systems.map((system, place) => wordRow(utterance, place, length));
  const said = timedRow("Said", utterance.said_times, utterance.said_words ?? utterance.reference, null, length, []);
  const track = html("div", { class: "track" }, picture, timeAxis(length), said, rows, cursor);
  const frame = html("div", { class: "timeline", tabindex: 0, role: "region", "aria-label": "Words in time" }, track);
  const note = html("p", { class: "note" });
  track.addEventListener("click", (event) => {
    if (event.target.closest("button")) return;
    play(((event.clientX - track.getBoundingClientRect().left) / track.clientWidth) * length);
  });

  async function paint() {
    const waveform = await waveformOf(utterance);
    if (state.selected !== utterance.index) return; // the reader has moved on
    const wide = width(frame.clientWidth || 900);
    track.style.setProperty("width", `${wide}px`);
    picture.hidden = waveform === null;
    note.replaceChildren(...(waveform === null ? [withoutSpectrogram(utterance)] : []));
    if (!waveform) return;
    picture.width = wide;
    paintSpectrogram(picture, waveform);
  }

  function setTime(time) {
    cursor.hidden = time < 0 || time > length;
    cursor.style.setProperty("left", `${(100 * time) / length}%`);
    for (const word of track.querySelectorAll(".timed")) {
      word.classList.toggle("now", time >= word.dataset.start && time < word.dataset.end);
    }
  }

  return { element: html("div", {}, frame, note), setTime, paint };
}

function utteranceLength(utterance) {
  const ends = utterance.found.flatMap(({ times }) => times ?? []).map((hundredths) => (hundredths ?? 0) / 100);
  return utterance.duration || ends.reduce((a, b) => Math.max(a, b), 0) || null;
}

function withoutSpectrogram(utterance) {
  if (!utterance.audio && !embeddedBytes(utterance)) return "No sound is known for this utterance.";
  if (location.protocol.startsWith("http")) return "The sound file could not be read.";
  return [
    "A page opened from disk may play its sound files but not read them. For the spectrogram, or where nothing is heard, ",
    folderButton(),
    ".",
  ].map((part) => (typeof part === "string" ? document.createTextNode(part) : part)).reduce((all, part) => (all.append(part), all), html("span", {}));
}

function folderButton() {
  const input = html("input", { type: "file", webkitdirectory: true, multiple: true, hidden: true, onchange: () => (openFolder(input.files), showUtterance()) });
  return html("span", {}, html("button", { type: "button", class: "link", onclick: () => input.click() }, "open the folder of the recordings"), input);
}

function timeAxis(length) {
  const shown = ticks(0, length, Math.min(20, Math.max(4, Math.round(length * 2))));
  return html("div", { class: "time-axis", "aria-hidden": "true" }, shown.map((time) => html("span", { style: { left: `${(100 * time) / length}%` } }, `${trimmed(time)}\u202fs`)));
}

function wordRow(utterance, system, length) {
  const { times, confidence, spoken: given } = utterance.found[system];
  const heard = [...steps(utterance, system)].filter((step) => step.heard !== null);
  // Where normalising has changed the number of words, times are of words as they were given: no edit can be named.
  const edits = given ? [] : heard.map((step) => step.edit);
  const name = report.systems.length > 1 ? report.systems[system].name : "Found";
  return timedRow(name, times, given ?? heard.map((step) => step.heard), confidence, length, edits);
}

function timedRow(name, times, words, confidence, length, edits) {
  if (!times) return null;
  const shown = words.map((word, place) => {
    const [start, end] = [times[2 * place], times[2 * place + 1]].map((hundredths) => (isNumber(hundredths) ? hundredths / 100 : null));
    return isNumber(start) && isNumber(end) && html("li", {}, timedWord(word, start, end, confidence?.[place], length, edits[place]));
  });
  const label = report.systems.length > 1 && html("p", { class: "timed-name", "aria-hidden": "true" }, foreign(name));
  return [label, html("ol", { class: "timed-row", "aria-label": `${name}: words in time` }, shown)];
}

function timedWord(word, start, end, confidence, length, edit) {
  const wrong = edit && edit !== HIT;
  const sure = isNumber(confidence) ? `, confidence ${confidence}\u202f%` : "";
  const place = { left: `${(100 * start) / length}%`, width: `${(100 * Math.max(end - start, 0.01)) / length}%` };
  return html(
    "button",
    {
      type: "button",
      class: `timed ${wrong ? EDIT_NAMES[edit] : "hit"}`,
      style: place,
      title: `${word}: ${start.toFixed(2)} to ${end.toFixed(2)} s${sure}${wrong ? `, ${EDIT_NAMES[edit]}` : ""}`,
      "data-start": start,
      "data-end": end,
      onclick: () => play(start, end),
    },
    html("bdi", {}, word),
    wrong && html("b", { class: "letter" }, edit),
    isNumber(confidence) && html("small", { "aria-hidden": "true" }, `${confidence}\u202f%`),
  );
}
