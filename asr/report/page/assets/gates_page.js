// The page of gates over one utterance: words and spectrogram above, then each layer's gates, cells and outputs.

const page = JSON.parse(document.getElementById("data").textContent);

/** A name on the left, something as wide as the utterance on the right. */
function track(name, note, ...content) {
  return html(
    "div",
    { class: "track" },
    html("div", { class: "track-name" }, name, note && html("small", {}, note)),
    html("div", { class: "track-content" }, content),
  );
}

/** The words at their times. */
function wordsStrip() {
  const words = page.words.map(({ word, start, end }) =>
    html(
      "span",
      { style: { left: place(start), width: place(end - start) }, title: `${seconds(start, 2)} to ${seconds(end, 2)}` },
      foreign(word),
    ),
  );
  return track("words", null, html("div", { class: "words-strip" }, words));
}

function place(time) {
  return `${((100 * time) / page.seconds).toFixed(3)}%`;
}

/** A picture with a pixel a value, 0 white and 1 black, stretched to the time that its columns are. */
function mapTrack({ name, rows, columns, values }, secondsPerFrame, note) {
  const picture = html("canvas", { class: "map", width: columns, height: rows, role: "img", "aria-label": name });
  picture.style.setProperty("width", place(columns * secondsPerFrame));
  const context = picture.getContext("2d");
  const image = context.createImageData(columns, rows);
  const bytes = atob(values);
  for (let at = 0; at < bytes.length; at++) {
    const shade = 255 - bytes.charCodeAt(at);
    image.data.set([shade, shade, shade, 255], 4 * at);
  }
  context.putImageData(image, 0, 0);
  return track(name, note, picture);
}

/** The means of gates over the units, from 0 below to 1 above, a line each. */
function meansTrack(gates, secondsPerFrame) {
  const lines = gates.map(({ mean }, series) =>
    svg("polyline", {
      class: `line series-${series}`,
      points: mean
        .map((value, frame) => `${((1000 * (frame + 0.5) * secondsPerFrame) / page.seconds).toFixed(1)},${100 * (1 - value)}`)
        .join(" "),
    }),
  );
  const label = `Means of ${gates.map(({ name }) => name).join(", ")} over the units`;
  const drawing = svg(
    "svg",
    { class: "means", viewBox: "0 0 1000 100", preserveAspectRatio: "none", role: "img", "aria-label": label },
    lines,
  );
  const legend = gates.map(({ name }, series) =>
    html(
      "span",
      {},
      svg("svg", { viewBox: "0 0 28 6", class: "dash" }, svg("line", { class: `line series-${series}`, x2: 28, y1: 3, y2: 3 })),
      name,
    ),
  );
  return track("mean of the units", "0 closed, 1 open", drawing, html("p", { class: "series-legend" }, legend));
}

function layerSection(layer, index) {
  const direction = layer.backward ? "backward: from the last frame to the first" : "forward";
  return section(
    `layer-${index}`,
    `Layer ${layer.number}, ${direction}`,
    html(
      "div",
      { class: "card" },
      wordsStrip(),
      layer.gates.length > 0 && meansTrack(layer.gates, layer.seconds_per_frame),
      layer.gates.map((gate) => mapTrack(gate, layer.seconds_per_frame, "a row a unit")),
      layer.others.map((other) => mapTrack(other, layer.seconds_per_frame, "tanh; grey is 0")),
    ),
  );
}

document.getElementById("page").append(
  html(
    "header",
    { class: "page-head" },
    html("p", { class: "eyebrow" }, "Gates of ", foreign(page.run)),
    html("h1", {}, foreign(page.id)),
    html("p", {}, foreign(page.text)),
    html(
      "p",
      { class: "note" },
      "Time runs to the right. White is 0, a closed gate; black is 1, an open one. Units stand in the order of their ",
      "first gate's mean, the most open above. Words stand where they were aligned with the recording.",
    ),
  ),
  html(
    "main",
    {},
    html("div", { class: "card" }, wordsStrip(), mapTrack(page.spectrogram, page.seconds / page.spectrogram.columns, "high above")),
    page.layers.map(layerSection),
    section("about", "How this was made", html("pre", { class: "command", tabindex: 0 }, page.command)),
  ),
);
