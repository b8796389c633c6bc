// What narrows the table of utterances: search, kind, group, pair.

const SEARCH_DELAY_MS = 120;

function toolbar(numListed) {
  const search = html("input", {
    type: "search",
    id: "search",
    placeholder: "word, \u201cexact phrase\u201d or id",
    autocomplete: "off",
    spellcheck: "false",
  });
  search.addEventListener("input", () => {
    clearTimeout(search.delay);
    search.delay = setTimeout(() => change({ search: search.value }), SEARCH_DELAY_MS);
  });
  const show = html(
    "select",
    { id: "show", onchange: () => change({ show: show.value }) },
    Object.entries(SHOW).map(([key, { label }]) => html("option", { value: key }, label)),
  );
  const group = groupChooser();
  const pair = html("span", { class: "chosen-pair" });
  const status = html("p", { class: "status", role: "status" });

  function refresh() {
    if (search.value !== state.search && document.activeElement !== search) search.value = state.search;
    show.value = state.show;
    if (group) group.value = state.group;
    pair.replaceChildren(...[state.pair && pairChip(state.pair)].filter(Boolean));
    const listedNow = numListed();
    status.textContent =
      listedNow === utterances.length
        ? counted(listedNow, "utterance")
        : `${count(listedNow)} of ${counted(utterances.length, "utterance")}`;
  }

  watch(["search", "show", "group", "pair", "system"], refresh);
  const element = html(
    "div",
    { class: "toolbar", role: "search", "aria-label": "Utterances" },
    field("Search", search),
    field("Show", show),
    group && field("Group", group),
    systemChooser("table-system"),
    pair,
    status,
  );
  return { element, refresh };
}

function groupChooser() {
  const keys = Object.keys(report.groups);
  if (!keys.length) return null;
  const select = html(
    "select",
    { id: "group", onchange: () => change({ group: select.value }) },
    html("option", { value: "" }, "all"),
  );
  select.append(
    ...keys.map((key) =>
      html(
        "optgroup",
        { label: key },
        Object.keys(report.groups[key].values).map((value) => html("option", { value: groupName(key, value) }, value)),
      ),
    ),
  );
  return select;
}

function pairChip([said, heard]) {
  const words =
    said === null
      ? ["inserted ", foreign(heard)]
      : heard === null
        ? ["deleted ", foreign(said)]
        : [foreign(said), " found as ", foreign(heard)];
  return html(
    "button",
    { type: "button", class: "chip", onclick: () => change({ pair: null }) },
    words,
    html("span", { "aria-hidden": "true" }, " \u00d7"),
    spoken(": show all again"),
  );
}
