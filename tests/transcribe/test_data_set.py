import json
import time
import warnings

import numpy as np
import pytest

from asr.decoding.greedy import greedy
from asr.errors import ManifestError
from asr.transcribe.data_set import decode_data_set, read_data_set
from tests.hypotheses import read_hypotheses

HOSTILE_IDS = ["../../up", "/etc/x", "a b", "é\U0001f600", "a\\b", "x.npy", "file", "", "-rf", "a\nb"]


def write_manifest(folder, *rows):
    path = folder / "manifest.jsonl"
    path.write_text("".join(json.dumps({"duration": 0, "text": "A", **row}) + "\n" for row in rows))
    return path


def decode_manifest(model, manifest, output, **options):
    return decode_data_set(model, read_data_set(manifest, model.config.features), output, **options)


def test_hypotheses_and_log_probs_are_joined_by_id(model, sounds, tmp_path):
    manifest = write_manifest(
        sounds,
        {"id": "u3", "audio_filepath": "three.ogg", "duration": 1.4},
        {"id": "bad", "audio_filepath": "broken.wav", "duration": 1.0},
        {"id": "u1", "audio_filepath": "one.wav", "duration": 0.6, "text": "OH A"},
    )
    result = decode_manifest(model, manifest, tmp_path / "h.jsonl", log_probs_file=tmp_path / "p.npz")
    found = read_hypotheses(tmp_path / "h.jsonl")
    assert [(line.id, line.text, line.reference) for line in found] == [("u3", "AAA", "A"), ("u1", "A", "OH A")]
    with np.load(tmp_path / "p.npz") as log_probs:
        assert sorted(log_probs) == ["u1", "u3"]
        assert log_probs["u3"].max(axis=1).sum() == pytest.approx(found[0].score.acoustic)
    assert (result.num_decoded, list(result.failures)) == (2, ["bad"])
    assert "broken.wav" in result.failures["bad"]
    assert result.audio_seconds == 2.0
    assert result.real_time_factor == result.seconds / 2.0


def test_a_span_and_a_channel_are_what_the_manifest_says(model, sounds, tmp_path):
    manifest = write_manifest(
        sounds,
        {"id": "first", "audio_filepath": "two.flac", "duration": 0.5, "channel": 1},
        {"id": "second", "audio_filepath": "two.flac", "offset": 0.5, "duration": 0.5},
        {"id": "both", "audio_filepath": "two.flac"},
    )
    decode_manifest(model, manifest, tmp_path / "h.jsonl")
    assert [line.text for line in read_hypotheses(tmp_path / "h.jsonl")] == ["A", "A", "AA"]


def test_ids_are_names_and_never_paths(model, sounds, tmp_path):
    manifest = write_manifest(sounds, *({"id": name, "audio_filepath": "one.wav"} for name in HOSTILE_IDS if name))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decode_manifest(model, manifest, tmp_path / "out" / "h.jsonl", log_probs_file=tmp_path / "out" / "p.npz")
    names = [name for name in HOSTILE_IDS if name]
    assert [line.id for line in read_hypotheses(tmp_path / "out" / "h.jsonl")] == names
    with np.load(tmp_path / "out" / "p.npz") as log_probs:
        assert list(log_probs) == names
        assert all(log_probs[name].shape[1] == 2 for name in names)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["h.jsonl", "p.npz"]


def test_an_interrupted_decoding_leaves_what_was_there(model, sounds, tmp_path):
    def interrupt(done):
        if done == 2:
            raise KeyboardInterrupt

    outputs = [tmp_path / "h.jsonl", tmp_path / "p.npz"]
    for output in outputs:
        output.write_text("before")
    manifest = write_manifest(sounds, *({"id": str(i), "audio_filepath": "one.wav"} for i in range(3)))
    with pytest.raises(KeyboardInterrupt):
        decode_manifest(model, manifest, outputs[0], log_probs_file=outputs[1], on_progress=interrupt)
    assert [output.read_text() for output in outputs] == ["before", "before"]
    assert sorted(tmp_path.glob("*.npz")) == [outputs[1]] and not list(tmp_path.glob(".*"))


def test_an_interrupted_decoding_begins_no_more_searches(model, sounds, tmp_path):
    begun = []

    def search(log_probs):
        begun.append(len(log_probs))
        time.sleep(0.1)
        return [greedy(log_probs, model.tokens)]

    def interrupt(done):
        raise KeyboardInterrupt

    manifest = write_manifest(sounds, *({"id": str(i), "audio_filepath": "one.wav"} for i in range(3)))
    with pytest.raises(KeyboardInterrupt):
        decode_manifest(model, manifest, tmp_path / "h.jsonl", search=search, on_progress=interrupt)
    assert len(begun) <= 2  # the one that is done, and the one under way


def test_a_manifest_without_utterances_is_a_mistake(model, tmp_path):
    with pytest.raises(ManifestError, match="no utterances"):
        read_data_set(write_manifest(tmp_path), model.config.features)


def test_a_data_set_of_which_nothing_can_be_read_gives_an_empty_file(model, sounds, tmp_path):
    manifest = write_manifest(sounds, {"id": "a", "audio_filepath": "nowhere.wav"})
    result = decode_manifest(model, manifest, tmp_path / "h.jsonl")
    assert (tmp_path / "h.jsonl").read_text() == ""
    assert (result.num_decoded, result.real_time_factor) == (0, None)
