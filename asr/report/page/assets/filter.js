// Which utterances are listed, and in what order.

const SHOW = {
  all: { label: "all", test: () => true },
  wrong: { label: "with errors", test: (utterance) => utterance.found[state.system].errors > 0 },
  right: { label: "without errors", test: (utterance) => utterance.found[state.system].errors === 0 },
};
if (report.systems.length > 1) {
  const [first, second] = report.systems.map((system) => system.name);
  const errors = (utterance) => utterance.found.map((found) => found.errors);
  SHOW.differ = { label: "found differently", test: (u) => u.found.some((found) => !sameWords(found, u.found[0])) };
  SHOW.first = { label: `better with ${first}`, test: (u) => errors(u)[0] < errors(u)[1] };
  SHOW.second = { label: `better with ${second}`, test: (u) => errors(u)[1] < errors(u)[0] };
}

function sameWords(a, b) {
  return a.edits === b.edits && a.words.join(" ") === b.words.join(" ");
}

function searchText(utterance) {
  utterance.searchText ??= [
    utterance.id,
    utterance.text,
    ...report.systems.map((_, system) => hypothesisWords(utterance, system).join(" ")),
  ]
    .map((text) => ` ${text.toLowerCase()} `)
    .join("\n");
  return utterance.searchText;
}

function hasPair(utterance, [said, heard]) {
  if (!utterance.found[state.system].errors) return false;
  for (const step of steps(utterance, state.system)) {
    if (step.edit !== HIT && step.said === said && step.heard === heard) return true;
  }
  return false;
}

/** A group as one text, for state and choosers. */
function groupName(key, value) {
  return JSON.stringify([key, value]);
}

function inGroup(utterance, group) {
  const [key, value] = JSON.parse(group);
  return utterance.groups?.[key] === value;
}

function listed() {
  const wanted = terms(state.search);
  const chosen = utterances.filter(
    (utterance) =>
      SHOW[state.show].test(utterance) &&
      (!state.group || inGroup(utterance, state.group)) &&
      (!state.pair || hasPair(utterance, state.pair)) &&
      wanted.every((term) => searchText(utterance).includes(term)),
  );
  return sorted(chosen, state.sort);
}

const collator = new Intl.Collator("en", { numeric: true });

function sorted(chosen, { column, descending }) {
  const valueOf = columns().find(({ key }) => key === column)?.value;
  if (!valueOf) return chosen;
  const direction = descending ? -1 : 1;
  const keyed = chosen.map((utterance) => [valueOf(utterance), utterance]);
  keyed.sort(([a, first], [b, second]) => {
    if (!isNumber(a) || !isNumber(b)) return isNumber(b) - isNumber(a) || first.index - second.index; // nothing: last
    const order = typeof a === "string" ? collator.compare(a, b) : a - b;
    return direction * order || first.index - second.index;
  });
  return keyed.map(([, utterance]) => utterance);
}
