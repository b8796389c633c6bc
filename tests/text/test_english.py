import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.text import get_normaliser
from asr.text.english import normalise_english


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He won't, can't and didn't.", "he will not can not and did not"),
        ("I'd've said they're gonna", "i would have said they are going to"),
        ("Let\N{RIGHT SINGLE QUOTATION MARK}s go", "let us go"),
        ("uh, well, um -- uh-huh", "well"),
        ("Dr. Smith and Mrs. Jones", "doctor smith and missus jones"),
        ("the colours of the neighbourhood's organisations", "the colors of the neighborhood is organizations"),
        ("an organism realistic criticism of programmers", "an organism realistic criticism of programmers"),
        ("travelled to the theatre by aeroplane", "traveled to the theater by airplane"),
        ("[noise] hello (laughs) <unk> there", "hello there"),
        ("10,000 people", "10000 people"),
        ("50 % of $5 million", "50% of $5000000"),
        ("café naïve", "cafe naive"),
        ("10 o'clock", "10 o'clock"),
        ("<script>alert('x')</script>", "alert"),
        ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("", ""),
    ],
)
def test_what_sounds_alike_is_spelled_alike(text, expected):
    assert normalise_english(text) == expected


@given(st.text(max_size=40))
def test_any_text_can_be_normalised_and_has_single_spaces(text):
    result = normalise_english(text)
    assert result == " ".join(result.split())


def test_it_is_named_and_versioned():
    english = get_normaliser("english")
    assert (english.name, english.version, english("Colour")) == ("english", 1, "color")
