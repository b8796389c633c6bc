// On paper there is no scrolling: instead of the table, the first utterances of it with their alignments.

const PRINTED = 40;

function printedList(table) {
  const list = html("div", { class: "printed" });
  addEventListener("beforeprint", () => {
    const chosen = table.rows().slice(0, PRINTED);
    const title = `The first ${chosen.length} of ${counted(table.rows().length, "utterance")} as they were listed`;
    list.replaceChildren(
      html("h3", {}, title),
      legend(),
      ...chosen.map((utterance) => html("div", {}, html("h4", {}, foreign(utterance.id)), alignmentView(utterance))),
    );
  });
  addEventListener("afterprint", () => list.replaceChildren());
  return list;
}
