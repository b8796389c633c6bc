import subprocess
import sys

import pytest

import asr

HEAVY = {"tensorflow", "keras", "librosa", "numba", "jiwer", "pydantic", "numpy", "soundfile", "rich"}


def modules_after(program: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after a program."""
    show = f"import sys\n{program}\nprint(*sys.modules)"
    output = subprocess.check_output([sys.executable, "-c", show], text=True)
    return {name.partition(".")[0] for name in output.splitlines()[-1].split()}


@pytest.mark.parametrize("name", asr.__all__)
def test_every_public_name_is_there(name):
    value = getattr(asr, name)
    assert getattr(value, "__name__", name).removeprefix("asr.") == name  # FORMATS is a table
    assert name in dir(asr)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no public name 'nonsense'"):
        asr.nonsense  # noqa: B018
    assert not hasattr(asr, "__path_of_nothing__")


def test_importing_asr_imports_nothing_heavy():
    assert not HEAVY & modules_after("import asr")


def test_help_imports_nothing_heavy():
    program = "import asr.cli\ntry: asr.cli.main(['--help'])\nexcept SystemExit: pass"
    assert not HEAVY & modules_after(program)


@pytest.mark.parametrize("command", ["decode", "score", "transcribe"])
def test_help_of_a_command_imports_no_framework(command):
    program = f"import asr.cli\ntry: asr.cli.main(['{command}', '--help'])\nexcept SystemExit: pass"
    assert not (HEAVY - {"rich"}) & modules_after(program)


def test_scoring_and_tokens_need_no_framework_and_searching_only_numba():
    assert not {"tensorflow", "keras", "librosa", "numba"} & modules_after("import asr\nasr.score, asr.Tokens")
    assert not {"tensorflow", "keras", "librosa"} & modules_after("import asr\nasr.decode")


def test_the_recurrent_layers_are_loaded_when_they_are_used():
    assert not {"tensorflow", "keras", "numba"} & modules_after(
        "import asr\nasr.layers\nassert 'LSTM' in dir(asr.layers)"
    )
    with pytest.raises(AttributeError, match=r"asr\.layers' has no public name 'ELSTM': there are CELLS, GRU"):
        asr.layers.ELSTM  # noqa: B018


def test_importing_asr_leaves_submodules_importable():
    assert modules_after("import asr.tokens, asr\nassert asr.Tokens is asr.tokens.Tokens")
