// What the reader has chosen. Whoever shows a part of it asks to be told of changes.

const state = {
  system: 0, // whose words and edits are listed
  search: "",
  show: "all",
  group: "", // as groupName() has it
  pair: null, // [said, heard]; null in it stands for no word
  sort: { column: null, descending: false },
  selected: null, // index of an utterance
};
const watchers = [];

function watch(keys, callback) {
  watchers.push({ keys, callback });
}

function change(changes) {
  const changed = Object.keys(changes).filter((key) => state[key] !== changes[key]);
  Object.assign(state, changes);
  for (const { keys, callback } of watchers) if (keys.some((key) => changed.includes(key))) callback();
}
