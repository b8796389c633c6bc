// Which words are wrong: lists of pairs, counted from all alignments of the chosen system; each leads to its utterances.

const PAIRS_SHOWN = 12;

function countPairs() {
  const found = new Map();
  for (const utterance of utterances) {
    if (!utterance.found[state.system].errors) continue;
    for (const { edit, said, heard } of steps(utterance, state.system)) {
      if (edit === HIT) continue;
      const key = JSON.stringify([said, heard]);
      found.set(key, (found.get(key) ?? 0) + 1);
    }
  }
  const pairs = [...found].map(([key, times]) => ({ pair: JSON.parse(key), times }));
  return pairs.sort((a, b) => b.times - a.times || collator.compare(a.pair.join(), b.pair.join()));
}

function wordsSection() {
  const lists = html("div", { class: "word-lists" });
  const unseen = html("div", {});
  const draw = () => {
    const pairs = countPairs();
    lists.replaceChildren(
      pairList(
        "Substituted",
        "S",
        pairs.filter(({ pair }) => pair[0] !== null && pair[1] !== null),
      ),
      pairList(
        "Deleted",
        "D",
        pairs.filter(({ pair }) => pair[1] === null),
      ),
      pairList(
        "Inserted",
        "I",
        pairs.filter(({ pair }) => pair[0] === null),
      ),
    );
    unseen.replaceChildren(...[unseenWords(report.systems[state.system].unseen)].filter(Boolean));
  };
  watch(["system", "pair"], draw);
  draw();
  return section("words", "Which words are wrong", systemChooser("words-system"), lists, unseen);
}

function pairList(title, letter, pairs) {
  const total = pairs.reduce((sum, { times }) => sum + times, 0);
  const most = pairs[0]?.times ?? 1;
  const list = html("ol", { class: "pair-list" });
  const more = html("button", { type: "button", class: "quiet", onclick: () => add(pairs.length) });
  let shown = 0;

  function add(upTo) {
    list.append(...pairs.slice(shown, upTo).map((entry) => html("li", {}, pairButton(entry, most))));
    shown = Math.min(upTo, pairs.length);
    more.hidden = shown === pairs.length;
    more.textContent = `Show all ${count(pairs.length)}`;
  }

  add(PAIRS_SHOWN);
  const head = html(
    "h3",
    {},
    title,
    html("b", { class: `letter ${EDIT_NAMES[letter]}`, "aria-hidden": "true" }, letter),
    html("span", { class: "total" }, count(total)),
  );
  return html("div", { class: "card" }, head, pairs.length ? list : html("p", { class: "note" }, "None."), more);
}

function pairButton({ pair, times }, most) {
  const [said, heard] = pair;
  const chosen = state.pair && state.pair[0] === said && state.pair[1] === heard;
  const onclick = () => (change({ pair: chosen ? null : pair }), chosen || showUtterances());
  const words =
    said === null || heard === null
      ? foreign(said ?? heard)
      : [
          foreign(said),
          html("span", { class: "to" }, spoken(" found as "), html("span", { "aria-hidden": "true" }, "\u2192")),
          foreign(heard),
        ];
  return html(
    "button",
    { type: "button", class: "pair-button", "aria-pressed": String(Boolean(chosen)), onclick },
    html("span", { class: "pair-bar", "aria-hidden": "true", style: { width: `${(100 * times) / most}%` } }),
    html("span", { class: "pair-words" }, words),
    html("span", { class: "times" }, `${count(times)}\u00d7`),
  );
}

function unseenWords(unseen) {
  if (!unseen) return null;
  const row = (name, words, errors) => [name, count(words), count(errors), percent(words ? errors / words : null)];
  const table = simpleTable(
    ["Words of the references", "said", "missed", "share"],
    [
      row("that the training text has", unseen.seen_words, unseen.seen_errors),
      row("that it never had", unseen.words, unseen.errors),
    ],
  );
  const missed = unseen.most_frequent.map(({ word, count: times, total }) =>
    html("li", {}, foreign(word), html("small", {}, ` ${times} of ${total}`)),
  );
  return html(
    "div",
    { class: "card" },
    html("h3", {}, "Words that training never saw"),
    html("p", { class: "note" }, "Training text: ", foreign(unseen.source)),
    table,
    missed.length > 0 && html("ul", { class: "inline-list", "aria-label": "Missed most often" }, missed),
  );
}

/** Whose errors are listed; nothing to choose where there is one system. */
function systemChooser(id) {
  if (report.systems.length === 1) return null;
  const options = report.systems.map(({ name }, place) => html("option", { value: place }, name));
  const select = html("select", { id, onchange: (event) => change({ system: Number(event.target.value) }) }, options);
  select.value = state.system;
  watch(["system"], () => (select.value = state.system));
  return field("Errors of", select);
}
