import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from asr.cli import main
from asr.decoding.lm import LanguageModel
from asr.tokens import Tokens
from tests.hypotheses import read_hypotheses


@pytest.fixture
def manifest(data, tmp_path):
    """Return a manifest of the three real words and one file that is broken."""
    for path in data.glob("an4*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "broken.wav").write_text("not a sound")
    path = tmp_path / "an4.jsonl"
    row = {"id": "broken", "audio_filepath": "broken.wav", "duration": 1.0, "text": "GO"}
    path.write_text(path.read_text() + json.dumps(row) + "\n")
    return path


def test_a_manifest_becomes_hypotheses_that_can_be_scored(tiny_run, manifest, tmp_path, capsys):
    output, log_probs_file = tmp_path / "out" / "h.jsonl", tmp_path / "out" / "p.npz"
    arguments = ["--output", str(output), "--beam-size", "4", "--save-log-probs", str(log_probs_file)]
    assert main(["decode", str(tiny_run), str(manifest), *arguments]) == 1
    error = capsys.readouterr().err
    assert "asr: broken: " in error and "3 utterances, 1 failed" in error and "real-time factor" in error
    found = read_hypotheses(output)
    assert [(line.id, line.reference) for line in found] == [
        ("an440-mjgm-b", "STOP"),
        ("an443-mmxg-b", "NO"),
        ("an409-fcaw-b", "GO"),
    ]
    with np.load(log_probs_file) as log_probs:
        assert list(log_probs) == [line.id for line in found]
    assert main(["score", str(manifest), str(output), "--missing", "deletions", "--by", "speaker"]) == 0
    assert main(["score", str(output), str(output)]) == 0


def test_shards_give_the_same_texts_as_their_manifest(tiny_config, tiny_run, data, tmp_path):
    outputs = [tmp_path / "manifest.jsonl", tmp_path / "shards.jsonl"]
    for source, output in zip([data / "an4.jsonl", tiny_config.parent / "shards"], outputs, strict=True):
        assert main(["decode", str(tiny_run), str(source), "--output", str(output), "-q"]) == 0
    from_manifest, from_shards = ({line.id: line for line in read_hypotheses(output)} for output in outputs)
    assert len(from_shards) == 15 and from_manifest.keys() < from_shards.keys()
    for name, line in from_manifest.items():
        assert line.text == from_shards[name].text
        # shards hold float16, which is off by up to 2**-11 of each feature
        assert line.score.total == pytest.approx(from_shards[name].score.total, rel=0.01)


def test_beam_size_one_is_greedy_search(tiny_run, data, tmp_path):
    import asr

    output = tmp_path / "h.jsonl"
    assert main(["decode", str(tiny_run), str(data / "an4.jsonl"), "--output", str(output), "--beam-size", "1"]) == 0
    run = asr.load(tiny_run)
    from asr.audio import read_audio

    for line in read_hypotheses(output):
        path = next(data.glob(f"{line.id}.*"))
        log_probs = run.log_probs(read_audio(path, sample_rate_hz=16_000), 16_000)
        assert line.text == asr.greedy(log_probs, run.tokens).text


def test_words_have_times_and_confidences_that_can_be_calibrated(tiny_run, data, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    outputs = [tmp_path / "before.jsonl", tmp_path / "after.jsonl"]
    command = ["decode", str(run), str(data / "an4.jsonl"), "--beam-size", "8", "--output"]
    assert main([*command, str(outputs[0]), "--calibrate", "temperature"]) == 0
    assert json.loads((run / "decoder.json").read_text())["calibration"]["kind"] == "temperature"
    assert main([*command, str(outputs[1])]) == 0
    before, after = (read_hypotheses(output) for output in outputs)
    for line, same in zip(before, after, strict=True):
        assert [word.word for word in line.words] == [word.word for word in same.words] == line.text.split()
        assert all(word.start < word.end for word in line.words)
    confidences = [[word.confidence for line in lines for word in line.words] for lines in (before, after)]
    assert confidences[0] and confidences[0] != confidences[1]


@pytest.mark.parametrize(
    ("model", "data_set", "output", "message"),
    [
        ("nowhere", "an4.jsonl", "h.jsonl", "not a run folder"),
        (None, "nowhere.jsonl", "h.jsonl", "nowhere.jsonl: "),
        (None, ".", "h.jsonl", "not a finished shard folder"),
        (None, "an4.jsonl", "an4.jsonl", "is read by this command"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(tiny_run, manifest, capsys, model, data_set, output, message):
    folder = manifest.parent
    before = manifest.read_bytes()
    command = ["decode", str(model or tiny_run), str(folder / data_set), "--output", str(folder / output)]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("asr: ") and error.count("\n") == 1
    assert manifest.read_bytes() == before and not (folder / "h.jsonl").exists()


def test_a_beam_of_no_prefixes_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["decode", "run", "manifest", "--output", "h", "--beam-size", "0"])
    assert stopped.value.code == 2
    assert "'0' is not a whole number from 1 up" in capsys.readouterr().err


def test_a_language_model_and_a_lexicon_decide_which_words_there_are(tiny_run, data, tmp_path, capsys):
    run, output, lm = tmp_path / "run", tmp_path / "h.jsonl", tmp_path / "lm.arpa"
    shutil.copytree(tiny_run, run)
    (run / "decoder.json").write_text('{"search": {"lm_weight": 2.0, "word_bonus": 1.5}}')
    assert main(["lm", "train", str(data / "an4.jsonl"), "--order", "2", "--output", str(lm)]) == 0
    (tmp_path / "words.txt").write_text("GO\nNO\n")
    command = ["decode", str(run), str(data / "an4.jsonl"), "--output", str(output), "--beam-size", "8"]
    assert main([*command, "--lm", str(lm), "--lexicon", str(tmp_path / "words.txt")]) == 0
    for line in read_hypotheses(output):
        assert set(line.text.split()) <= {"GO", "NO"}
        assert line.score.bonus == 1.5 * len(line.text.split()) and line.score.lm < 0
    assert main([*command, "--lexicon", str(tmp_path / "words.txt")]) == 0  # weights are the language model's
    assert all(line.score.bonus == line.score.lm == 0 for line in read_hypotheses(output))
    assert main([*command[:3], "--output", str(lm), "--lm", str(lm)]) == 2
    assert "is read by this command" in capsys.readouterr().err


@pytest.fixture
def lm(tmp_path):
    path = tmp_path / "words.arpa"
    words = ["<unk>", "<s>", "</s>", "GO", "NO", "STOP"]
    unigrams = "".join(f"-{1 + n / 10}\t{word}\n" for n, word in enumerate(words))
    path.write_text(f"\\data\\\nngram 1={len(words)}\n\n\\1-grams:\n{unigrams}\n\\end\\\n")
    return path


def decoded(run, source, output, *options):
    assert main(["decode", str(run), str(source), "--output", str(output), "-q", *map(str, options)]) == 0
    return read_hypotheses(output)


def test_a_search_has_a_language_model_a_lexicon_and_hotwords(tiny_run, data, tmp_path, lm):
    lexicon, hotwords = tmp_path / "lexicon.txt", tmp_path / "hotwords.txt"
    lexicon.write_text("GO\nNO\nSTOP\nON\n")
    hotwords.write_text("# found in a hurry\nON\t200\n")
    options = ["--lm", lm, "--lexicon", lexicon, "--nbest", 3, "--beam-size", 20, "--lm-weight", 2, "--word-bonus", 0.5]
    found = decoded(tiny_run, data / "an4.jsonl", tmp_path / "h.jsonl", *options, "--oov-penalty", -50, "--threads", 2)
    for line in found:
        assert set(line.text.split()) <= {"GO", "NO", "STOP", "ON"}
        assert line.score.lm < 0 and line.score.bonus == pytest.approx(
            0.5 * len(line.text.split()) - 50 * line.text.split().count("ON")
        )
        assert 1 <= len(line.nbest) <= 3
        assert (line.nbest[0].text, line.nbest[0].score) == (line.text, line.score)
    prompted = decoded(tiny_run, data / "an4.jsonl", tmp_path / "h.jsonl", *options, "--hotwords", hotwords)
    assert all("ON" in line.text.split() for line in prompted)


@pytest.mark.parametrize("option", ["--lm", "--lexicon"])
def test_words_that_the_tokens_cannot_spell_are_counted(tiny_run, tmp_path, capsys, lm, option):
    lexicon, saved = tmp_path / "words.txt", tmp_path / "p.npz"
    lexicon.write_text("GO\nÄÖ\nNO\nÜ\n")
    lm.write_text(lm.read_text().replace("NO", "ÄÖ").replace("STOP", "Ü"))
    np.savez(saved)
    path = lm if option == "--lm" else lexicon
    command = ["decode", str(tiny_run), str(saved), "--output", str(tmp_path / "h.jsonl"), option, str(path)]
    assert main(command) == 0
    expected = f"{path}: the model's tokens cannot spell 2 words, which cannot be found, such as 'ÄÖ'\n"
    assert expected in capsys.readouterr().err
    path.write_text(path.read_text().replace("GO", "Ö").replace("NO", "ÖÖ"))
    assert main(command) == 2
    assert f"{path}: the model's tokens can spell none of its words" in capsys.readouterr().err


def test_a_second_model_ranks_anew_what_the_search_found(tiny_run, data, tmp_path, lm):
    larger = tmp_path / "larger.arpa"
    larger.write_text(lm.read_text().replace("-1.4\tNO", "-0.01\tNO"))
    options = ["--lm", lm, "--lexicon", tmp_path / "words.txt", "--nbest", 20, "--beam-size", 20]
    (tmp_path / "words.txt").write_text("GO\nNO\nSTOP\n")
    first = decoded(tiny_run, data / "an4.jsonl", tmp_path / "h.jsonl", *options)
    options += ["--rescore-lm", larger, "--rescore-lm-weight", 7]
    second = decoded(tiny_run, data / "an4.jsonl", tmp_path / "h.jsonl", *options)
    model = LanguageModel(larger)
    for before, after in zip(first, second, strict=True):
        assert {one.text for one in after.nbest} == {one.text for one in before.nbest}
        totals = [one.score.total for one in after.nbest]
        assert totals == sorted(totals, reverse=True) and after.text == after.nbest[0].text
        assert after.score.lm == pytest.approx(7 * model.score(after.text.split()))
        assert [word.word for word in after.words] == after.text.split()
    assert [line.text for line in first] != [line.text for line in second]


def test_saved_log_probs_give_the_same_hypotheses_without_a_framework(tiny_run, data, tmp_path, lm):
    saved, options = tmp_path / "p.npz", ["--lm", lm, "--beam-size", 10]
    expected = decoded(tiny_run, data / "an4.jsonl", tmp_path / "a.jsonl", *options, "--save-log-probs", saved)
    program = (
        "import sys\nfrom asr.cli import main\n"
        f"status = main(['decode', {str(tiny_run)!r}, {str(saved)!r}, '--output', {str(tmp_path / 'b.jsonl')!r}, "
        f"'--lm', {str(lm)!r}, '--beam-size', '10', '-q'])\n"
        "sys.exit(status or bool({'keras', 'tensorflow'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    found = read_hypotheses(tmp_path / "b.jsonl")
    assert [(line.id, line.text, line.score) for line in found] == [
        (line.id, line.text, line.score) for line in expected
    ]
    assert all(line.reference is None for line in found)


def test_a_language_model_in_the_run_folder_is_used_unless_told_otherwise(tiny_run, data, tmp_path, lm):
    run = tmp_path / "run"
    shutil.copytree(tiny_run, run)
    assert main(["lm", "compile", str(lm), "--output", str(run / "lm" / "words.asrlm"), "-q"]) == 0
    output = tmp_path / "h.jsonl"
    assert all(line.score.lm < 0 for line in decoded(run, data / "an4.jsonl", output))
    assert all(line.score.lm == 0 for line in decoded(run, data / "an4.jsonl", output, "--lm", "none"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hotwords", "nowhere"], "nowhere: No such file"),
        (["--lexicon", "nowhere"], "nowhere: No such file"),
        (["--lm", "nowhere.arpa"], "nowhere.arpa: No such file"),
        (["--rescore-lm", "nowhere.arpa"], "nowhere.arpa: No such file"),
        (["--lm-weight", "1"], "--lm-weight: there is no language model: name one with --lm"),
        (["--beam-size", "5", "--lm", "none", "--oov-penalty", "1"], "--oov-penalty: there is no language model"),
        (["--word-bonus", "1"], "--word-bonus: greedy search has none"),
        (["--beam-size", "5", "--rescore-lm-weight", "1"], "name a model with --rescore-lm"),
        (["--beam-size", "5", "--calibrate", "temperature"], "has no references"),
    ],
)
def test_wrong_files_of_a_search_are_one_line(tiny_run, tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    np.savez("p.npz")
    assert main(["decode", str(tiny_run), "p.npz", "--output", "h.jsonl", *options]) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("asr: ") and error.count("\n") == 1


def test_a_file_that_is_not_saved_log_probs_is_named(tiny_run, tmp_path, capsys):
    path = tmp_path / "p.npz"
    path.write_text("nothing")
    assert main(["decode", str(tiny_run), str(path), "--output", str(tmp_path / "h.jsonl")]) == 2
    assert f"asr: {path}: not saved log-probabilities" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--beam-size", "4"]])
def test_saved_arrays_that_are_no_log_probs_are_named_with_file_and_utterance(tiny_run, tmp_path, capsys, options):
    path, output = tmp_path / "p.npz", tmp_path / "h.jsonl"
    num_tokens = len(Tokens.load(tiny_run / "tokens.json"))
    command = ["decode", str(tiny_run), str(path), "--output", str(output), *options]
    good = np.full((3, num_tokens), -np.log(num_tokens), np.float32)
    np.savez(path, good=good, nan=good * np.nan, logits=good * 0, texts=good.astype(str))
    assert main(command) == 1
    errors = {line.split(": ")[1]: line for line in capsys.readouterr().err.splitlines() if line.startswith("asr: ")}
    assert errors.keys() == {"nan", "logits", "texts"}
    assert all(f"{path}: {name}: " in line for name, line in errors.items()) and "hold NaN" in errors["nan"]
    assert [line.id for line in read_hypotheses(output)] == ["good"]
    for wrong in (good[:, 1:], good[0], good[None]):
        np.savez(path, good=good, wrong=wrong)
        assert main(command) == 2
        assert f"asr: {path}: wrong: has shape {list(wrong.shape)}" in capsys.readouterr().err
