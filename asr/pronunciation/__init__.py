"""How words are pronounced: dictionaries, and guesses for the words that a dictionary lacks."""
