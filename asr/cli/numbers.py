"""Numbers on the command line: types of arguments; argparse prints what they raise."""

import argparse


def positive(text: str) -> int:
    """Return a whole number from 1 up."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def whole(text: str) -> int:
    """Return a whole number from 0 up."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def above_zero(text: str) -> float:
    """Return a finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def part(text: str) -> tuple[int, int]:
    """Return the two numbers of a part, as in 2/8."""
    number, _, total = text.partition("/")
    if not (number.isascii() and number.isdigit() and total.isascii() and total.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form I/N, as in 2/8")
    if not 1 <= int(number) <= int(total):
        raise argparse.ArgumentTypeError(f"{text!r}: parts are counted from 1/{total} to {total}/{total}")
    return int(number), int(total)


def name_and_value(text: str) -> tuple[str, str]:
    """Return the two sides of the first equals sign."""
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value
