import gzip
from pathlib import Path

import numpy as np
import pytest

from asr.decoding.arpa import open_arpa
from asr.decoding.arpa_writer import write_arpa
from asr.decoding.compile_lm import compile_arpa
from asr.decoding.lm import LanguageModel
from asr.errors import LanguageModelError

GOOD = """
\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-1.2\t<unk>
-99\t<s>\t-0.3
-0.7\t</s>
-0.5\tA\t-0.2
-0.9\tÉ\t-0.1

\\2-grams:
-0.3\t<s> A\t-0.25
-0.4\tA É\t-0.15
-0.7\tÉ </s>

\\3-grams:
-0.1\t<s> A É

\\end\\
"""


def refusal(folder: Path, content: str | bytes) -> str:
    path = folder / "bad.arpa"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(LanguageModelError) as raised:
        compile_arpa(path, folder / "bad.asrlm")
    assert not list(folder.glob("*.asrlm"))
    return str(raised.value).removeprefix(f"{folder}/")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("\\data\\", "data", "bad.arpa:2: not an ARPA file"),
        ("ngram 2=3", "ngram 2=4", "bad.arpa:18: fewer 2-grams than the 4 of the header"),
        ("ngram 2=3", "ngram 2=2", "bad.arpa:17: expected \\3-grams:"),
        ("ngram 3=1", "ngram 3=2", "bad.arpa:21: fewer 3-grams than the 2 of the header"),
        ("ngram 2=3", "ngram 3=3", "bad.arpa:4: expected ngram 2=COUNT"),
        ("ngram 2=3", "ngram 2=-3", "bad.arpa:4: expected ngram 2=COUNT"),
        ("-0.1\t<s> A É\n", "-0.1\t<s> A É\n-0.1\tA É </s>\n", "bad.arpa:21: more 3-grams than the 1 of the header"),
        ("\\2-grams:", "\\3-grams:", "bad.arpa:14: expected \\2-grams:"),
        ("-0.5\tA", "much\tA", "bad.arpa:11: log-probability 'much' is not a number"),
        ("-0.5\tA", "nan\tA", "bad.arpa:11: log-probability 'nan' is not a number"),
        ("-0.5\tA", "0.5\tA", "bad.arpa:11: log-probability '0.5' is not a number that it can be"),
        ("-0.5\tA", "-inf\tA", "bad.arpa:11: log-probability '-inf' is not a number that it can be"),
        ("-0.4\tA É", "-inf\tA É", "bad.arpa:16: log-probability '-inf' is not a number"),
        ("-0.3\t<s> A", "-inf\t<s> A", "bad.arpa:15: log-probability '-inf' is not a number"),
        ("-0.5\tA", "-1e39\tA", "bad.arpa:11: log-probability '-1e39' is not a number"),
        ("A\t-0.2", "A\t-1e39", "bad.arpa:11: back-off '-1e39' is not a number"),
        ("A\t-0.2", "A\tnan", "bad.arpa:11: back-off 'nan' is not a number"),
        ("A\t-0.2", "A\tlittle", "bad.arpa:11: back-off 'little' is not a number"),
        ("A\t-0.2", "A\tinf", "bad.arpa:11: back-off 'inf' is not a number"),
        ("A\t-0.2\n", "A\n", "bad.arpa:11: 'A' has no back-off, but is the context of line 16"),
        ("<s> A\t-0.25", "<s> A", "bad.arpa:15: '<s> A' has no back-off, but is the context of line 20"),
        ("-0.1\t<s> A É", "-0.1\t<s> A É\t-0.5", "bad.arpa:20: expected a log-probability, 3 words, found 5 fields"),
        (
            "-0.4\tA É\t-0.15",
            "-0.4\tA",
            "bad.arpa:16: expected a log-probability, 2 words and perhaps a back-off, found 2",
        ),
        ("-0.4\tA É", "-0.4\tA B", "bad.arpa:16: B is not among the unigrams"),
        ("-0.1\t<s> A É", "-0.1\tÉ A É", "bad.arpa:20: its context 'É A' is not among the 2-grams"),
        ("-0.4\tA É", "-0.3\t<s> A", "bad.arpa:16: '<s> A' is there twice"),
        ("-0.9\tÉ", "-0.9\tA", "bad.arpa:12: A is there twice"),
        ("-0.7\t</s>", "-0.7\tB", "bad.arpa: </s> is not among its unigrams"),
        ("\\end\\\n", "", "bad.arpa:22: the file ends without \\end\\"),
        ("\n\\3-grams:\n-0.1\t<s> A É\n\n\\end\\\n", "", "bad.arpa:17: expected \\3-grams:"),
    ],
)
def test_what_breaks_the_format_is_named_by_file_and_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    assert refusal(tmp_path, GOOD.replace(old, new)).startswith(expected)


def test_an_empty_file_and_one_without_counts_are_refused(tmp_path: Path) -> None:
    assert "not an ARPA file" in refusal(tmp_path, "")
    assert "counts no n-grams" in refusal(tmp_path, "\\data\\\n\n\\1-grams:\n")


def test_a_file_that_ends_within_a_section_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, GOOD[: GOOD.index("-0.7\tÉ </s>")])
    assert message.startswith("bad.arpa:17: the file ends within \\2-grams:")


def test_a_gzip_file_that_is_cut_short_is_named_by_line(tmp_path: Path) -> None:
    content = gzip.compress(GOOD.encode())
    assert "bad.arpa:" in (message := refusal(tmp_path, content[:-20])) and "cannot be read on" in message


def test_sections_come_with_words_and_natural_logarithms(tmp_path: Path) -> None:
    path = tmp_path / "good.arpa"
    path.write_text(GOOD)
    with open_arpa(path) as reader:
        assert reader.counts == [5, 3, 1]
        list(reader.section(1))
        (block,) = reader.section(2)
        assert block.first_line == 15 and block.words[1] == (b"A", "É".encode())
        assert block.log_probs == pytest.approx([-0.69078, -0.92103, -1.61181], abs=1e-5)
        assert block.backoffs == pytest.approx([-0.57565, -0.34539, float("nan")], abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("name", ["copy.arpa", "copy.arpa.gz"])
def test_what_is_written_reads_as_the_same_model(tmp_path: Path, name: str) -> None:
    path = tmp_path / "good.arpa"
    path.write_text(GOOD)
    lm = LanguageModel(path)
    write_arpa(tmp_path / name, lm.arrays, list(lm.words))
    again = LanguageModel(tmp_path / name)
    assert list(again.words) == list(lm.words)
    for found, expected in zip(again.arrays, lm.arrays, strict=True):
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-5)


def test_kenlms_capital_unk_and_windows_line_ends_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "good.arpa"
    path.write_bytes(GOOD.replace("<unk>", "<UNK>").replace("\n", "\r\n").encode())
    assert LanguageModel(path).score(["?"], start=False, end=False) == pytest.approx(-1.2 * 2.302585)


def test_the_start_of_a_sentence_may_have_any_probability_as_nothing_predicts_it(tmp_path: Path) -> None:
    models = []
    for start in ("-inf", "-99", "0"):
        path = tmp_path / f"start{start}.arpa"
        path.write_text(GOOD.replace("-99\t<s>", f"{start}\t<s>"))
        models.append(LanguageModel(path))
    assert np.isfinite(models[0].arrays.log_prob).all()
    for words in (["A"], ["A", "É"], ["?"]):
        assert len({model.score(words) for model in models}) == 1


def test_a_unigram_model_is_a_model(tmp_path: Path) -> None:
    path = tmp_path / "one.arpa"
    path.write_text("\\data\\\nngram 1=3\n\n\\1-grams:\n-99 <s>\n-0.5 </s>\n-0.2 A\n\n\\end\\\n")
    assert LanguageModel(path).score(["A", "A"]) == pytest.approx(-0.9 * 2.302585)
