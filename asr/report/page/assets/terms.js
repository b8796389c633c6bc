// What is searched for.

/** Terms of a query: words match anywhere, "phrases in quotes" match whole words. */
function terms(query) {
  const found = query.toLowerCase().matchAll(/"([^"]*)"|(\S+)/g);
  return [...found].map(([, phrase, word]) => (phrase ? ` ${phrase.trim()} ` : (word ?? ""))).filter((term) => term);
}
