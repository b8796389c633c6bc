"""English numbers from words to digits, as a reader would write them: ``twenty one`` is 21, ``one oh one`` is 101.

Numbers that follow each other without a word between them are one sequence of digits: years (``nineteen ninety nine``)
and numbers read digit by digit look alike, and either way the digits are what was said.
"""

import re
from decimal import Decimal

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINAL_UNITS = ["zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"]
_ORDINAL_TEENS = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
_MULTIPLIERS = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

_SMALL = {word: number for number, word in enumerate([*_UNITS, *_TEENS])}
_TENS_VALUES = {word: 10 * number for number, word in enumerate(_TENS, start=2)}
_ORDINALS = {word: number for number, word in enumerate([*_ORDINAL_UNITS, *_ORDINAL_TEENS.split()])}
_ORDINALS |= {word.replace("y", "ieth"): value for word, value in _TENS_VALUES.items()}
_ORDINALS |= {f"{word}th": value for word, value in {"hundred": 100, **_MULTIPLIERS}.items()}
_PLURALS = {word.replace("y", "ies"): value for word, value in _TENS_VALUES.items()}
_CURRENCIES = {"dollar": "$", "dollars": "$", "pound": "£", "pounds": "£", "euro": "€", "euros": "€"}
_WRITTEN = re.compile(r"(?P<sign>[$£€]?)(?P<number>[0-9]{1,30}(?:\.[0-9]{1,30})?)")
_REPEATS = {"double": 2, "triple": 3}


def numbers_as_digits(words: list[str]) -> list[str]:
    """Return lower-case words with their numbers as digits.

    >>> " ".join(numbers_as_digits("it cost twenty one dollars in two thousand and five".split()))
    'it cost $21 in 2005'
    """
    result: list[str] = []
    place = 0
    while place < len(words):
        number, after = _number(words, place)
        if after == place:
            result.append(words[place])
            place += 1
            continue
        written, place = _with_unit(number, words, after)
        result.append(written)
    return result


def _number(words: list[str], start: int) -> tuple[str, int]:
    """The number that starts at a place, and the place behind it; the same place where there is none."""
    digits, place = "", start
    while True:
        part, after = _part(words, place, bool(digits))
        if after == place:
            break
        digits, place = digits + part, after
        if not digits[-1].isdigit():  # an ordinal or a plural ends it
            return digits, place
    if digits and "." not in digits and _at(words, place) == "point":
        fraction, after = _fraction(words, place + 1)
        if fraction:
            return f"{digits}.{fraction}", after
    return digits, place


def _part(words: list[str], place: int, continues: bool) -> tuple[str, int]:
    """One number as it is counted (``two hundred and five``), a digit said twice, or ``oh`` within digits."""
    word, following = _at(words, place), _at(words, place + 1)
    if continues and word in ("oh", "o") and following in _SMALL:
        return "0", place + 1
    if word in _REPEATS and following in _UNITS:
        return str(_SMALL[following]) * _REPEATS[word], place + 2
    if continues and _WRITTEN.fullmatch(word):
        return "", place  # digits that were written apart stay apart
    return _cardinal(words, place)


def _cardinal(words: list[str], start: int) -> tuple[str, int]:
    total, place, end, least = 0, start, start, 10**15
    while True:
        below, after, suffix = _below_thousand(words, place)
        if suffix:
            return f"{total + below}{suffix}", after
        if after > place and (ordinal := _multiplied_ordinal(words, after)):
            return f"{total + below * ordinal}th", after + 1
        multiplier = _MULTIPLIERS.get(_at(words, after), least)
        if multiplier >= least:
            break
        total += (below if after > place else 1) * multiplier
        least, end = multiplier, after + 1
        place = _skip_and(words, end)
    if after > place and _at(words, after) not in _MULTIPLIERS:
        return str(total + below), after
    return (str(total), end) if end > start else _written(words, start)


def _written(words: list[str], place: int) -> tuple[str, int]:
    """A number in digits, with the multiplier behind it: ``2.5 million``, ``$2 million``."""
    match = _WRITTEN.fullmatch(_at(words, place))
    if match is None:
        return "", place
    multiplier = _MULTIPLIERS.get(_at(words, place + 1))
    product = Decimal(match["number"]) * (multiplier or 1)
    if multiplier and product == product.to_integral_value():
        return f"{match['sign']}{int(product)}", place + 2
    return match[0], place + 1


def _at(words: list[str], place: int) -> str:
    return words[place] if place < len(words) else ""


def _below_thousand(words: list[str], start: int) -> tuple[int, int, str]:
    """A number below 1000 (below 10 000 in hundreds), the place behind it, and what ends an ordinal or a plural."""
    number, place, suffix = _below_hundred(words, start)
    if suffix or _at(words, place) not in ("hundred", "hundredth"):
        return number, place, suffix
    hundreds = 100 * (number if place > start else 1)
    if words[place] == "hundredth":
        return hundreds, place + 1, "th"
    behind = _skip_and(words, place + 1)
    rest, after, suffix = _below_hundred(words, behind)
    return (hundreds + rest, after, suffix) if after > behind else (hundreds, place + 1, "")


def _below_hundred(words: list[str], place: int) -> tuple[int, int, str]:
    word, following = _at(words, place), _at(words, place + 1)
    if word in _TENS_VALUES:
        tens = _TENS_VALUES[word]
        if 1 <= _SMALL.get(following, 0) <= 9:
            return tens + _SMALL[following], place + 2, ""
        if 1 <= _ORDINALS.get(following, 0) <= 9:
            return tens + _ORDINALS[following], place + 2, _ordinal_suffix(_ORDINALS[following])
        return tens, place + 1, ""
    if word in _SMALL:
        return _SMALL[word], place + 1, ""
    if _ORDINALS.get(word, 100) < 100:
        return _ORDINALS[word], place + 1, _ordinal_suffix(_ORDINALS[word])
    if word in _PLURALS:
        return _PLURALS[word], place + 1, "s"
    return 0, place, ""


def _multiplied_ordinal(words: list[str], place: int) -> int | None:
    word = _at(words, place)
    return _ORDINALS[word] if word in _ORDINALS and _ORDINALS[word] >= 1000 else None


def _ordinal_suffix(number: int) -> str:
    return {1: "st", 2: "nd", 3: "rd"}.get(number, "th")


def _skip_and(words: list[str], place: int) -> int:
    """The place behind an ``and`` that a number follows."""
    return place + 1 if _at(words, place) == "and" and _below_hundred(words, place + 1)[1] > place + 1 else place


def _fraction(words: list[str], place: int) -> tuple[str, int]:
    """Digits behind a point, which are read one by one or as numbers below a hundred."""
    digits = ""
    while place < len(words):
        number, after, suffix = _below_hundred(words, place)
        if words[place] in ("oh", "o"):
            number, after = 0, place + 1
        if after == place or suffix:
            break
        digits, place = digits + str(number), after
    return digits, place


def _with_unit(number: str, words: list[str], place: int) -> tuple[str, int]:
    """A number with the sign of what is counted, where there is one, and the place behind it."""
    following = _at(words, place)
    if not (number[0] + number[-1]).isdigit():
        return number, place
    if following == "percent":
        return f"{number}%", place + 1
    if (following, _at(words, place + 1)) == ("per", "cent"):
        return f"{number}%", place + 2
    if following in ("cent", "cents"):
        return f"¢{number}", place + 1
    return _money(_CURRENCIES[following], number, words, place + 1) if following in _CURRENCIES else (number, place)


def _money(sign: str, number: str, words: list[str], place: int) -> tuple[str, int]:
    if _at(words, place) == "and":
        cents, after = _number(words, place + 1)
        if cents.isdigit() and int(cents) < 100 and _at(words, after) in ("cent", "cents"):
            return f"{sign}{number}.{int(cents):02d}", after + 1
    return f"{sign}{number}", place
