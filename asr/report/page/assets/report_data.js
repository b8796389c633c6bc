// The data of a report, as Python wrote them, and the steps of an alignment, made when they are asked for.

const report = JSON.parse(document.getElementById("data").textContent);
const HIT = "=";
const EDIT_NAMES = { S: "substituted", D: "deleted", I: "inserted" };

const utterances = report.utterances.map(withAlignment);

/** An utterance as Python wrote it, with its words, and with edits and errors of each of `found`. */
function withAlignment(row, index) {
  const reference = row.text ? row.text.split(" ") : [];
  return { ...row, index, reference, found: row.found.map((found) => withCounts(found, reference.length)) };
}

function withCounts(found, numWords) {
  const edits = found.edits ?? HIT.repeat(numWords);
  const errors = edits.length - edits.split(HIT).length + 1;
  const wer = numWords ? errors / numWords : null;
  return { words: [], ...found, edits, errors, wer };
}

/** Steps of an alignment in order: {edit, said, heard}; `said` or `heard` is null where there is no word. */
function* steps(utterance, system) {
  const { edits, words } = utterance.found[system];
  let [said, heard] = [0, 0];
  for (const edit of edits) {
    const reference = edit === "I" ? null : utterance.reference[said++];
    if (edit === HIT) yield { edit, said: reference, heard: reference };
    else yield { edit, said: reference, heard: edit === "D" ? null : words[heard++] };
  }
}

function hypothesisWords(utterance, system) {
  return [...steps(utterance, system)].map((step) => step.heard).filter((word) => word !== null);
}
