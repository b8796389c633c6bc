"""Finding settings by trying them: the weights of a search with a language model, on a development set."""
