// An alignment, word under word: a row for the reference and one for each system, a column for each step.
//
// An error is told by its letter (S, D, I) and its frame as well as by its colour.

const STEPS_AT_ONCE = 400;
const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

function directionOf(text) {
  return RIGHT_TO_LEFT.test(text) ? "rtl" : "ltr";
}

/** Columns {said, cells: [{edit, heard} of each system]}; what one system inserts is a gap in the others. */
function alignmentColumns(utterance) {
  const slots = utterance.found.map((_, system) => slotsOf(utterance, system));
  const made = [];
  for (let place = 0; place <= utterance.reference.length; place++) {
    const numInserted = Math.max(...slots.map((slot) => slot[place].inserted.length));
    for (let extra = 0; extra < numInserted; extra++) {
      made.push({ said: null, cells: slots.map((slot) => slot[place].inserted[extra] ?? null) });
    }
    if (place < utterance.reference.length) {
      made.push({ said: utterance.reference[place], cells: slots.map((slot) => slot[place].step) });
    }
  }
  return made;
}

/** For each word of the reference its step and what was inserted before it; one more slot for the end. */
function slotsOf(utterance, system) {
  const slots = Array.from({ length: utterance.reference.length + 1 }, () => ({ inserted: [], step: null }));
  let place = 0;
  for (const step of steps(utterance, system)) {
    if (step.edit === "I") slots[place].inserted.push(step);
    else slots[place++].step = step;
  }
  return slots;
}

/** The alignment as a list; `names` of the systems, in the order of `utterance.found`. */
function alignmentView(utterance, names = report.systems.map(({ name }) => name)) {
  const all = alignmentColumns(utterance);
  const list = html("ol", { class: "alignment", dir: directionOf(utterance.text) });
  const wanted = terms(state.search);
  const more = html("button", { type: "button", class: "quiet", onclick: () => add(all.length) });
  let shown = 0;

  function add(upTo) {
    list.append(...all.slice(shown, upTo).map((column) => columnView(column, wanted, names)));
    shown = Math.min(all.length, upTo);
    more.hidden = shown === all.length;
    more.textContent = `Show the other ${count(all.length - shown)} words`;
  }

  add(STEPS_AT_ONCE);
  if (!all.length)
    list.append(html("li", { class: "step" }, html("span", { class: "hit" }, "nothing was said and nothing found")));
  return html("div", { class: "alignment-frame" }, rowNames(names), html("div", {}, list, more));
}

function rowNames(names) {
  const rows = ["Said", ...(names.length === 1 ? ["Found"] : names)];
  return html(
    "div",
    { class: "row-names", "aria-hidden": "true" },
    rows.map((name) => html("span", { title: name }, foreign(name))),
  );
}

function columnView({ said, cells }, wanted, names) {
  const wrong = cells.some((cell) => cell && cell.edit !== HIT);
  const chosen = state.pair && isPair(cells[state.system], state.pair);
  return html(
    "li",
    { class: `step${wrong ? " wrong" : ""}${chosen ? " chosen" : ""}` },
    spoken(sentence(said, cells, names)),
    html(
      "span",
      { class: said === null ? "said none" : "said", "aria-hidden": "true", dir: "auto" },
      said === null ? "" : marked(said, wanted),
    ),
    cells.map((cell) => cellView(cell, wanted)),
  );
}

function cellView(cell, wanted) {
  if (!cell) return html("span", { class: "cell none", "aria-hidden": "true" });
  const letter = cell.edit !== HIT && html("b", { class: "letter" }, cell.edit);
  const word =
    cell.heard === null
      ? html("span", { class: "gap" }, "\u2014")
      : html("span", { dir: "auto" }, marked(cell.heard, wanted));
  const kind = cell.edit === HIT ? "hit" : EDIT_NAMES[cell.edit];
  return html("span", { class: `cell ${kind}`, "aria-hidden": "true" }, word, letter);
}

function isPair(cell, [said, heard]) {
  return cell && cell.edit !== HIT && cell.said === said && cell.heard === heard;
}

function marked(word, wanted) {
  const lower = ` ${word.toLowerCase()} `;
  return wanted.some((term) => lower.includes(term) || term.includes(lower)) ? html("mark", {}, word) : word;
}

function sentence(said, cells, names) {
  const errors = cells.map((cell, system) => {
    if (!cell || cell.edit === HIT) return null;
    const by = names.length > 1 ? ` by ${names[system]}` : "";
    if (cell.edit === "I") return `${cell.heard} inserted${by}`;
    return cell.edit === "D" ? `deleted${by}` : `found as ${cell.heard}${by}`;
  });
  return [said, ...errors].filter((part) => part !== null).join(", ");
}

function legend() {
  const entries = Object.entries(EDIT_NAMES).map(([letter, name]) =>
    html("span", { class: `cell ${name}` }, name, html("b", { class: "letter" }, letter)),
  );
  return html("p", { class: "legend", "aria-label": "Signs of errors" }, entries);
}
