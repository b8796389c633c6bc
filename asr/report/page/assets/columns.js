// The columns of the table of utterances: head, value to sort by, what the cell shows.

let madeColumns = null;

function columns() {
  madeColumns ??= [...commonColumns(), ...systemColumns(), textColumn()];
  return madeColumns;
}

function commonColumns() {
  const has = (key) => utterances.some((utterance) => isNumber(utterance[key]));
  const made = [
    { key: "id", head: "Utterance", kind: "id", value: (u) => u.id, cell: (u) => foreign(u.id) },
    { key: "words", head: "Words", kind: "number", minor: true, value: (u) => u.reference.length },
  ];
  const speaker = {
    key: "speaker",
    head: "Speaker",
    kind: "key",
    minor: true,
    value: (u) => u.speaker,
    cell: (u) => foreign(u.speaker ?? ""),
  };
  const duration = {
    key: "duration",
    head: "Length",
    kind: "number",
    minor: true,
    value: (u) => u.duration,
    cell: (u) => seconds(u.duration),
  };
  if (has("speaker")) made.splice(1, 0, speaker);
  if (has("duration")) made.push(duration);
  return made;
}

function systemColumns() {
  if (report.systems.length === 1) {
    return [
      { key: "errors", head: "Errors", kind: "number", value: (u) => u.found[0].errors },
      {
        key: "wer",
        head: "WER",
        kind: "number",
        value: (u) => u.found[0].wer,
        cell: (u) => percent(u.found[0].wer, 0),
      },
    ];
  }
  const each = report.systems.map((system, place) => ({
    key: `errors${place}`,
    head: foreign(system.name),
    title: `errors of ${system.name}`,
    kind: "system",
    value: (u) => u.found[place].errors,
  }));
  const difference = (u) => u.found[1].errors - u.found[0].errors;
  const title = "errors of the second system less those of the first";
  return [
    ...each,
    { key: "difference", head: "\u0394", title, kind: "number", value: difference, cell: (u) => signed(difference(u)) },
  ];
}

function textColumn() {
  return { key: "text", head: "What was said and found", kind: "text", value: (u) => u.text, cell: excerpt };
}

const WORDS_SHOWN = 40;

/** The alignment on one line, from shortly before the first error. */
function excerpt(utterance) {
  const edits = utterance.found[state.system].edits;
  const first = [...edits].findIndex((edit) => edit !== HIT);
  const start = first > 8 ? first - 4 : 0;
  const parts = start ? ["\u2026 "] : [];
  let place = 0;
  for (const step of steps(utterance, state.system)) {
    if (place >= start) parts.push(inlineStep(step), " ");
    if (++place === start + WORDS_SHOWN) break;
  }
  return html("span", { dir: directionOf(utterance.text) }, parts);
}

function inlineStep({ edit, said, heard }) {
  if (edit === HIT) return said;
  const struck = said !== null && html("del", {}, said);
  const found = heard !== null && html("ins", {}, heard);
  return html("span", { class: `inline ${EDIT_NAMES[edit]}` }, struck, struck && found && "\u202f", found);
}
