import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.text.spoken_numbers import numbers_as_digits

UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
UNITS = [*UNITS.split(), "seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spoken(number):
    """A number below a thousand million in words."""
    for size, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = f" {spoken(number % size)}" if number % size else ""
            return f"{spoken(number // size)} {name}{rest}"
    if number < 20:
        return UNITS[number]
    return TENS[number // 10] + (f" {UNITS[number % 10]}" if number % 10 else "")


def digits(text):
    return " ".join(numbers_as_digits(text.split()))


@given(st.integers(0, 10**9 - 1))
def test_a_number_in_words_is_its_digits(number):
    assert digits(spoken(number)) == str(number)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("nineteen ninety nine", "1999"),
        ("twenty twenty one", "2021"),
        ("seventeen hundred", "1700"),
        ("one oh one", "101"),
        ("double seven o nine", "7709"),
        ("two thousand and five", "2005"),
        ("twenty first", "21st"),
        ("one hundred and twelfth", "112th"),
        ("two thousandth", "2000th"),
        ("the nineties", "the 90s"),
        ("three point one four one five", "3.1415"),
        ("5.5 million", "5500000"),
        ("ninety nine percent", "99%"),
        ("nine per cent", "9%"),
        ("ten dollars and five cents", "$10.05"),
        ("two million pounds", "£2000000"),
        ("forty cents", "¢40"),
        ("one and two", "1 and 2"),
        ("one thousand and two thousand", "1000 and 2000"),
        ("oh my", "oh my"),
        ("20 20", "20 20"),
        ("thousands of", "thousands of"),
        ("point taken", "point taken"),
        ("", ""),
    ],
)
def test_numbers_are_written_as_a_reader_would(words, expected):
    assert digits(words) == expected


PARTS = [*UNITS[:4], "twenty", "hundred", "thousand", "and", "point", "oh", "first", "cents", "cat"]


@given(st.lists(st.sampled_from(PARTS)))
def test_what_is_no_number_stays_whatever_stands_around_it(words):
    found = numbers_as_digits(words)
    assert found.count("cat") == words.count("cat")
    assert all(found) and len(found) <= len(words)
