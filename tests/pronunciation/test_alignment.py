import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.pronunciation.alignment import Alphabet, align

ALPHABET = Alphabet(("e", "h", "t", "x"), ("E", "K", "S", "T"))


def aligned(entries, alphabet=ALPHABET):
    """Return, for each word that was aligned, its letters with what they stand for."""
    groups = [zip(letters, slots, strict=True) for letters, slots in align(entries, alphabet)]
    return [
        [(alphabet.letters[letter], " ".join(alphabet.sounds(slot))) for letter, slot in zip(*rows, strict=True)]
        for group in groups
        for rows in group
    ]


@given(
    st.lists(
        st.tuples(st.text("ehtx", min_size=1, max_size=4), st.lists(st.sampled_from("EKST"), max_size=9).map(tuple)),
        min_size=1,
        max_size=5,
    )
)
def test_the_phones_of_the_letters_are_those_of_the_word(entries):
    fitting = [(word, phones) for word, phones in entries if len(phones) <= 2 * len(word)]
    found = [
        ("".join(letter for letter, _ in word), tuple("".join(sound for _, sound in word).replace(" ", "")))
        for word in aligned(entries)
    ]
    assert sorted(found) == sorted(fitting)


def test_silent_letters_and_letters_of_two_phones_are_found():
    entries = [("text", ("T", "E", "K", "S", "T")), ("tet", ("T", "E", "T")), ("the", ("T", "E")), ("te", ("T", "E"))]
    assert [("t", "T"), ("e", "E"), ("x", "K S"), ("t", "T")] in aligned(entries)
    assert [("t", "T"), ("h", ""), ("e", "E")] in aligned(entries)


def test_a_word_of_a_hundred_letters_is_left_out():
    assert [len(word) for word in aligned([("te" * 50, ("T", "E") * 50), ("te", ("T", "E"))])] == [2]


def test_every_slot_has_sounds_of_its_own():
    sounds = [ALPHABET.sounds(slot) for slot in np.arange(ALPHABET.num_slots)]
    assert len(set(sounds)) == len(sounds) == 1 + 4 + 16
