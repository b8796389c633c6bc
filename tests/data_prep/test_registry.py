import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import asr
import data_prep
from asr.errors import ConfigError
from data_prep.corpus import Corpus
from data_prep.registry import CORPORA, get_corpus


def modules():
    return [importlib.import_module(f"data_prep.{info.name}") for info in pkgutil.iter_modules(data_prep.__path__)]


def test_every_corpus_of_every_module_is_registered_under_its_name():
    defined = set()
    for module in modules():
        values = vars(module).values()
        groups = [value for value in values if isinstance(value, tuple)]
        defined |= {value.name for value in values if isinstance(value, Corpus)}
        defined |= {value.name for group in groups for value in group if isinstance(value, Corpus)}
    assert defined == set(CORPORA)
    assert all(name == corpus.name for name, corpus in CORPORA.items())


def test_every_corpus_module_tells_hours_rate_licence_layout_and_three_lines():
    names = {"an4", "librispeech", "mini_librispeech", "nemo", "kaldi", "common_voice", "folder"}
    for module in modules():
        name = module.__name__.rpartition(".")[2]
        if hasattr(module, "CORPUS") or (hasattr(module, "CORPORA") and name != "registry"):
            assert name in names
            names.remove(name)
            for word in ("hours", "rate", "licence", "layout", "three lines"):
                assert word in module.__doc__.lower(), f"{name}: {word}"
    assert not names


def test_an_unknown_corpus_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError, match="'an5' is unknown: choose one of an4, "):
        get_corpus("an5")


def test_the_library_never_imports_data_prep_but_in_the_command():
    package = Path(asr.__path__[0])
    users = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name.split(".")[0] == "data_prep" for name in names):
                users.add(path.relative_to(package).as_posix())
    assert users == {"cli/corpus.py"}
