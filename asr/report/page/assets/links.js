// Deep links: #utterance=ID, #pair=SAID/FOUND (an empty side stands for no word), #search=WORDS, #system=NAME.

function readLink() {
  const given = new Map(
    location.hash
      .slice(1)
      .split("&")
      .map((part) => part.split("=", 2).map(decoded)),
  );
  const changes = { pair: null, selected: null };
  const system = report.systems.findIndex(({ name }) => name === given.get("system"));
  if (system >= 0) changes.system = system;
  if (given.has("search")) changes.search = given.get("search");
  if (given.has("pair")) changes.pair = pairOf(location.hash);
  if (given.has("utterance"))
    changes.selected = utterances.find(({ id }) => id === given.get("utterance"))?.index ?? null;
  return changes;
}

function decoded(text = "") {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not written by this page
  }
}

function pairOf(hash) {
  const value = hash.match(/(?:#|&)pair=([^&]*)/)[1];
  const cut = value.indexOf("/");
  const sides = cut < 0 ? [value, ""] : [value.slice(0, cut), value.slice(cut + 1)];
  return sides.map((side) => decoded(side) || null);
}

function pairLink([said, heard]) {
  return `pair=${[said, heard].map((word) => encodeURIComponent(word ?? "")).join("/")}`;
}

function utteranceLink(utterance) {
  return `#utterance=${encodeURIComponent(utterance.id)}`;
}

/** Keep the address in step with what is shown, without a new entry in the history for each. */
function writeLink() {
  const parts = [];
  if (state.pair) parts.push(pairLink(state.pair));
  if (state.search) parts.push(`search=${encodeURIComponent(state.search)}`);
  if (state.system) parts.push(`system=${encodeURIComponent(report.systems[state.system].name)}`);
  if (state.selected !== null) parts.push(utteranceLink(utterances[state.selected]).slice(1));
  history.replaceState(null, "", parts.length ? `#${parts.join("&")}` : location.pathname + location.search);
}
