"""Numbers on the command line: types of arguments (argparse prints what they raise), and counts in what is printed."""

import argparse


def positive(text: str) -> int:
    """Return a whole number from 1 up."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def counted(number: int, noun: str) -> str:
    """Return a number with a noun that has its plural in -s.

    >>> counted(1, "recording"), counted(0, "recording")
    ('1 recording', '0 recordings')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
