"""Types of command line arguments that are numbers; argparse prints what they raise."""

import argparse


def positive(text: str) -> int:
    """Return a whole number from 1 up."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)
