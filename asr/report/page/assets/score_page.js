// The page of a report, put together.

function showUtterances() {
  document.getElementById("utterances").scrollIntoView({ behavior: "instant", block: "start" });
}

function utterancesSection() {
  const table = utteranceTable();
  const tools = toolbar(() => table.rows().length);
  const element = section("utterances", "Utterances", tools.element, table.element, detailPanel(), printedList(table));
  return { element, refresh: () => (table.refresh(), tools.refresh()) };
}

function start() {
  document.documentElement.style.setProperty("--row-height", `${ROW_HEIGHT}px`);
  const worstFirst = {
    column: report.systems.length > 1 ? "difference" : "errors",
    descending: report.systems.length === 1,
  };
  Object.assign(state, { sort: worstFirst }, readLink());
  const list = utterancesSection();
  const figures = [groupsFigure(), histogramFigure(), reliabilityFigure()].filter(Boolean);
  document
    .getElementById("page")
    .append(
      ...[
        summarySection(),
        html(
          "main",
          {},
          comparisonSection(),
          section("where", "Where the errors are", html("div", { class: "figures" }, figures)),
          wordsSection(),
          list.element,
          aboutSection(),
        ),
      ],
    );
  watch(["selected"], showUtterance);
  watch(["selected", "pair", "search", "system"], writeLink);
  watch(["search", "pair", "system"], showAlignmentAgain);
  list.refresh();
  state.selected ??= listed()[0]?.index ?? null;
  showUtterance();
  list.refresh();
  if (location.hash) showUtterances();
  addEventListener("hashchange", () => (change(readLink()), showUtterances()));
}

start();
