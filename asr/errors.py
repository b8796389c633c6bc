"""Every error that a user can cause, under one root, so that the command line can print it as one line.

A message says what is wrong, where, and what to do. ``assert`` is only for what our own code guarantees.
"""

import errno

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # what a write meets; the error names no file then


class AsrError(Exception):
    """Root of all errors with a cause outside the program; the command line prints its message and no traceback."""


class ConfigError(AsrError):
    """A configuration is not valid: an unknown key, a value out of range, two settings that contradict each other."""


class ManifestError(AsrError):
    """A manifest or hypothesis file cannot be read or breaks its format."""


class AudioError(AsrError):
    """An audio file cannot be read, or holds nothing that can be used."""


class UtteranceError(AsrError):
    """One utterance cannot be used: too short, not spellable with the tokens, not alignable."""


class ShapeError(AsrError):
    """An array does not have the shape or value range that a public function asks for."""


class ShardError(AsrError):
    """A shard folder is missing, incomplete, or was made by another configuration or manifest."""


class RunError(AsrError):
    """A run folder is missing, incomplete, or its parts disagree."""


class TrainingError(AsrError):
    """Training cannot go on: the loss is not finite, steps were skipped too often, too many utterances are unusable."""


class LanguageModelError(AsrError):
    """A language model, or the text to make one of, cannot be read or breaks its format."""


class ScoringError(AsrError):
    """References and hypotheses cannot be compared: one is missing, or their ids have nothing in common."""


class TranscriptionError(AsrError):
    """Transcribing cannot start: outputs would collide or overwrite something, or no model was named."""


class OutputError(AsrError):
    """A file cannot be written where it was asked for: it is a folder, an input, or another output."""


class DownloadError(AsrError):
    """A download is incomplete or is not what was asked for."""
