import json

from asr.report.as_json import as_json
from asr.report.report import make_report
from asr.scoring.score import score


def json_of(references, hypotheses, **options):
    scores = score(references, hypotheses, **options)
    return json.loads(as_json(make_report(scores, references="r", hypotheses="h", command=["asr"])))


def test_the_keys_are_the_documented_ones():
    value = json_of(
        {"a": "x y", "b": "z"}, {"a": "x", "c": "w"}, missing="deletions", groups={"lang": {"a": "en", "b": "de"}}
    )
    assert value["wer"] == 2 / 3
    assert (value["hits"], value["deletions"]) == (1, 2)
    assert (value["words"], value["utterances"], value["sentence_error_rate"]) == (3, 2, 1.0)
    assert (value["missing"], value["extra"]) == (["b"], ["c"])
    assert value["normaliser"] == {"name": "none", "version": 1}
    assert value["interval"].keys() == {"low", "high", "level", "unit", "seed"}
    assert value["groups"]["lang"].keys() == {"en", "de"}
    assert value.keys() == {
        *("wer", "cer", "mer", "wil", "wip", "sentence_error_rate"),
        *("hits", "substitutions", "insertions", "deletions", "words", "utterances"),
        *("interval", "normaliser", "weights", "groups", "missing", "extra"),
        *("confusions", "most_inserted", "most_deleted", "calibration", "unseen_words", "real_time_factor", "facts"),
    }  # fmt: skip


def test_undefined_rates_are_null():
    value = json_of({"a": ""}, {"a": "so it goes"})
    assert [value[key] for key in ("wer", "cer", "wil", "wip", "interval")] == [None] * 5
    assert value["insertions"] == 3


def test_rates_are_jiwers():
    import jiwer

    pairs = {"a": ("it was so", "it is so now"), "b": ("no", "no"), "c": ("", "hm")}
    value = json_of({k: r for k, (r, _) in pairs.items()}, {k: h for k, (_, h) in pairs.items()})
    words = jiwer.process_words(*(list(side) for side in zip(*pairs.values(), strict=True)))
    assert [value[key] for key in ("wer", "mer", "wil", "wip")] == [words.wer, words.mer, words.wil, words.wip]
