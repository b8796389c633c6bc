import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.errors import ManifestError, OutputError
from asr.transcribe.parts import merge_manifests, part_of


@given(st.integers(0, 20), st.integers(1, 7))
def test_parts_are_the_whole_and_of_like_size(count, total):
    parts = [part_of(range(count), (number, total)) for number in range(1, total + 1)]
    assert [item for part in parts for item in part] == list(range(count))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.fixture
def parts(tmp_path):
    """Return the parts of a manifest of five lines."""
    paths = [tmp_path / "parts" / f"dev.{number}-of-3.jsonl" for number in (1, 2, 3)]
    paths[0].parent.mkdir()
    for path, numbers in zip(paths, ([0], [1, 2], [3, 4]), strict=True):
        rows = [{"id": str(number), "audio_filepath": f"{number}.wav", "pred_text": "A"} for number in numbers]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return paths


def test_parts_named_in_any_order_make_the_whole(parts, tmp_path):
    output = tmp_path / "dev.jsonl"
    assert merge_manifests([parts[2], parts[0], parts[1]], output) == 5
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["id"] for row in rows] == list("01234")
    assert rows[0]["audio_filepath"] == "parts/0.wav"
    with pytest.raises(OutputError, match="is there already"):
        merge_manifests(parts, output)


def test_what_is_missing_twice_or_of_another_whole_is_named(parts, tmp_path):
    output = tmp_path / "dev.jsonl"
    with pytest.raises(ManifestError, match=r"^2/3: not among the parts"):
        merge_manifests([parts[0], parts[2]], output)
    with pytest.raises(ManifestError, match="part 1 is already there"):
        merge_manifests([parts[0], parts[0]], output)
    other = parts[1].rename(parts[1].with_name("test.2-of-3.jsonl"))
    with pytest.raises(ManifestError, match="not of one whole"):
        merge_manifests([parts[0], other], output)
    other.rename(tmp_path / "m.jsonl")
    with pytest.raises(ManifestError, match="not named as asr transcribe --shard names parts"):
        merge_manifests([tmp_path / "m.jsonl"], output)
    with pytest.raises(ManifestError, match=r"dev\.2-of-3\.jsonl: is not there"):
        merge_manifests(parts, output)
    assert not output.exists()


def test_a_line_without_a_recording_says_where(parts, tmp_path):
    parts[1].write_text('{"id": "1", "pred_text": "A"}\n')
    with pytest.raises(ManifestError, match=r"dev\.2-of-3\.jsonl:1: key 'audio_filepath' is missing"):
        merge_manifests(parts, tmp_path / "dev.jsonl")
