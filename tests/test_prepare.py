import hashlib
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.audio import read_audio
from asr.augment import degrade, speed_perturb
from asr.config import AugmentConfig, Config, DegradeConfig, FeatureConfig
from asr.errors import ManifestError, ShardError
from asr.features import FeatureStatistics, compute_features
from asr.manifest import Utterance, read_manifest, write_manifest
from asr.prepare import prepare
from asr.prepare.merge import merge_shards
from asr.shards import open_shards

CONFIG = Config(features=FeatureConfig(num_mels=20), augment=AugmentConfig(speeds=(1.0, 0.9, 1.1)))
RATE = 16_000


def bytes_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def make_manifest(folder, num_utterances, name="train"):
    """A manifest of short noises, each of another length."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(name))
    utterances = []
    for number in range(num_utterances):
        path = folder / f"{name}-{number}.wav"
        waveform = 0.1 * rng.standard_normal(1_000 + 160 * (number % 7))
        soundfile.write(path, waveform, RATE)
        utterances.append(Utterance(f"{name}-{number}", path, len(waveform) / RATE, f"WORD {number}", "someone"))
    write_manifest(folder / f"{name}.jsonl", utterances)
    return folder / f"{name}.jsonl"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return make_manifest(tmp_path_factory.mktemp("audio"), 66)


@pytest.fixture(scope="module")
def whole(manifest, tmp_path_factory):
    output = tmp_path_factory.mktemp("shards") / "whole"
    prepare([manifest], CONFIG, output, augment=True, jobs=1)
    return output


def test_shards_hold_what_the_features_of_each_file_are(data, tmp_path):
    config = Config()
    result = prepare([data / "an4.jsonl"], config, tmp_path / "out", jobs=1)
    assert (result.num_utterances, dict(result.failures)) == (3, {})
    shards = open_shards(tmp_path / "out", config.features)
    for index, utterance in enumerate(read_manifest(data / "an4.jsonl")):
        entry, frames = shards.entries[index], shards.frames(index)
        expected = compute_features(read_audio(utterance.audio_filepath, sample_rate_hz=RATE), config.features)
        assert (entry.id, entry.text, entry.speaker) == (utterance.id, utterance.text, utterance.speaker)
        assert entry.duration == pytest.approx(utterance.duration)
        assert frames.dtype == np.float16
        np.testing.assert_array_equal(frames, expected.astype(np.float16))


def test_speed_copies_stand_behind_their_original(data, tmp_path):
    prepare([data / "an4.jsonl"], CONFIG, tmp_path / "out", augment=True, jobs=1)
    shards = open_shards(tmp_path / "out")
    assert [entry.id for entry in shards.entries[:4]] == [
        "an440-mjgm-b",
        "an440-mjgm-b-sp0.9",
        "an440-mjgm-b-sp1.1",
        "an443-mmxg-b",
    ]
    waveform = read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=RATE)
    expected = compute_features(speed_perturb(waveform, 0.9, RATE), CONFIG.features).astype(np.float16)
    np.testing.assert_array_equal(shards.frames(1), expected)
    assert shards.entries[1].duration == pytest.approx(0.8 / 0.9, abs=1e-3)
    assert shards.entries[1].text == shards.entries[0].text


def test_copies_are_degraded_as_the_config_says_and_plain_shards_are_not(data, tmp_path):
    config = Config(augment=AugmentConfig(speeds=(0.9,), degrade=DegradeConfig(noise=1.0)))
    prepare([data / "an4.jsonl"], config, tmp_path / "out", augment=True, jobs=1)
    prepare([data / "an4.jsonl"], config, tmp_path / "plain", jobs=1)
    waveform = degrade(
        speed_perturb(read_audio(data / "an440-mjgm-b.flac", sample_rate_hz=RATE), 0.9, RATE),
        config.augment.degrade,
        RATE,
        "an440-mjgm-b-sp0.9",
    )
    expected = compute_features(waveform, config.features).astype(np.float16)
    np.testing.assert_array_equal(open_shards(tmp_path / "out").frames(1), expected)
    assert np.any(open_shards(tmp_path / "out").frames(0) != open_shards(tmp_path / "plain").frames(0))
    louder = config.model_copy(update={"augment": AugmentConfig(speeds=(0.9,), degrade=DegradeConfig(noise=0.5))})
    with pytest.raises(ShardError, match=r"augment\.degrade is .*1\.0.* there"):
        prepare([data / "an4.jsonl"], louder, tmp_path / "out", augment=True, jobs=1, resume=True)


def test_the_original_is_there_even_when_the_speeds_leave_it_out(data, tmp_path):
    config = Config(augment=AugmentConfig(speeds=(0.9,)))
    prepare([data / "an4.jsonl"], config, tmp_path / "out", augment=True, jobs=1)
    assert [e.id for e in open_shards(tmp_path / "out").entries[:2]] == ["an440-mjgm-b", "an440-mjgm-b-sp0.9"]


def test_statistics_are_those_of_all_stored_frames(whole):
    shards = open_shards(whole)
    frames = np.concatenate([shards.frames(index) for index in range(len(shards))])
    expected = FeatureStatistics.of(frames)
    assert shards.statistics.count == len(frames)
    np.testing.assert_allclose(shards.statistics.mean, expected.mean, rtol=1e-5)
    np.testing.assert_allclose(shards.statistics.std, expected.std, rtol=1e-5)


def test_entries_are_in_the_order_of_the_manifests(tmp_path):
    first, second = (make_manifest(tmp_path / name, 40, name) for name in ("first", "second"))
    prepare([second, first], CONFIG, tmp_path / "out", jobs=1)
    expected = [u.id for path in (second, first) for u in read_manifest(path)]
    assert [entry.id for entry in open_shards(tmp_path / "out").entries] == expected


def test_other_keys_of_the_manifest_are_kept(data, tmp_path):
    utterance = read_manifest(data / "an4.jsonl")[0]
    extras = {"room": "  \u2028 lab", "snr": 12.5}
    write_manifest(tmp_path / "m.jsonl", [replace(utterance, lang="en", text="", extras=extras)])
    prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", jobs=1)
    (entry,) = open_shards(tmp_path / "out").entries
    assert entry.extras == {**extras, "lang": "en"}
    assert entry.text == ""  # what cannot be trained on is the training's business


def test_a_span_and_a_channel_of_a_longer_file_are_cut_out(tmp_path):
    samples = 0.1 * np.random.default_rng(0).standard_normal((RATE, 2)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    utterances = [
        Utterance("span", tmp_path / "a.wav", 0.25, "A", offset=0.5, channel=1),
        Utterance("unknown-length", tmp_path / "a.wav", 0.0, "A", channel=0),
    ]
    write_manifest(tmp_path / "m.jsonl", utterances)
    prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", jobs=1)
    shards = open_shards(tmp_path / "out")
    expected = [samples[8_000:12_000, 1], samples[:, 0]]
    for index, waveform in enumerate(expected):
        frames = compute_features(np.ascontiguousarray(waveform), CONFIG.features)
        np.testing.assert_array_equal(shards.frames(index), frames.astype(np.float16))
        assert shards.entries[index].duration == len(waveform) / RATE


def spoil(folder, good):
    """One bad file of each kind, and a part of the message that each must get."""
    content = good.read_bytes()
    samples = np.zeros(RATE, np.float32)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "truncated.flac").write_bytes(content[: len(content) // 2])
    (folder / "text.wav").write_text("no sound here\n" * 100)
    soundfile.write(folder / "zero.wav", samples[:0], RATE)
    soundfile.write(folder / "nan.wav", samples + np.nan, RATE, subtype="FLOAT")
    soundfile.write(folder / "short.wav", samples[:100], RATE)
    return {
        "empty.wav": ({}, "the file is empty"),
        "truncated.flac": ({}, "truncated"),
        "text.wav": ({}, "not audio"),
        "zero.wav": ({}, "holds no samples"),
        "nan.wav": ({}, "NaN"),
        "short.wav": ({}, "shorter than one frame"),
        "missing.wav": ({}, "No such file"),
        str(good): ({"channel": 1}, "no channel 1"),
        f"{good.parent}/./{good.name}": ({"offset": 9.0}, "starts at 9 s and the file ends at 0.8 s"),
    }


def test_bad_files_are_reported_by_id_and_skipped(data, tmp_path):
    bad = spoil(tmp_path, data / "an440-mjgm-b.flac")
    utterances = [
        Utterance(f"bad-{i}", tmp_path / name, 0.0, "A", **kw) for i, (name, (kw, _)) in enumerate(bad.items())
    ]
    good = read_manifest(data / "an4.jsonl")
    write_manifest(tmp_path / "m.jsonl", [good[0], *utterances, *good[1:]])
    result = prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", augment=True, jobs=1)
    assert [entry.id for entry in open_shards(tmp_path / "out").entries[::3]] == [u.id for u in good]
    for number, (_, message) in enumerate(bad.values()):
        for identity in (f"bad-{number}", f"bad-{number}-sp0.9", f"bad-{number}-sp1.1"):
            assert message in result.failures[identity]
            assert "\n" not in result.failures[identity]
    assert len(result.failures) == 3 * len(bad)


def test_a_folder_where_all_failed_is_written_too(tmp_path):
    write_manifest(tmp_path / "m.jsonl", [Utterance("gone", tmp_path / "gone.wav", 1.0, "A")])
    result = prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", jobs=1)
    assert list(result.failures) == ["gone"]
    assert len(open_shards(tmp_path / "out")) == 0


def test_ids_must_be_unique_over_all_manifests_and_copies(data, tmp_path):
    with pytest.raises(ManifestError, match=r"an440-mjgm-b' is already used in .*an4\.jsonl"):
        prepare([data / "an4.jsonl", data / "an4.jsonl"], CONFIG, tmp_path / "out")
    utterance = read_manifest(data / "an4.jsonl")[0]
    write_manifest(tmp_path / "m.jsonl", [utterance, replace(utterance, id=f"{utterance.id}-sp0.9")])
    with pytest.raises(ManifestError, match=r"sp0\.9' is already used"):
        prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", augment=True)
    assert not (tmp_path / "out").exists()


def test_a_manifest_may_not_use_a_key_of_the_index(data, tmp_path):
    utterance = read_manifest(data / "an4.jsonl")[0]
    write_manifest(tmp_path / "m.jsonl", [replace(utterance, extras={"frames": 12})])
    with pytest.raises(ManifestError, match="'frames' is one that shards use"):
        prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out")


def test_a_manifest_without_utterances_is_an_error(tmp_path):
    (tmp_path / "m.jsonl").write_text("")
    with pytest.raises(ManifestError, match="no utterances"):
        prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out")


@settings(deadline=None, max_examples=3)
@given(stop_after=st.integers(1, 40))
def test_an_interrupted_run_goes_on_to_the_same_bytes(manifest, whole, tmp_path_factory, stop_after):
    output = tmp_path_factory.mktemp("resumed") / "out"

    def stop(done, total):
        if done > stop_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare([manifest], CONFIG, output, augment=True, jobs=1, on_progress=stop)
    assert not output.exists()
    seen = []
    prepare(
        [manifest], CONFIG, output, augment=True, jobs=1, resume=True, on_progress=lambda done, _: seen.append(done)
    )
    assert seen[0] > stop_after  # what was whole was kept
    assert bytes_of(output) == bytes_of(whole)
    assert not list(output.parent.glob(".*"))


def test_an_unfinished_run_is_not_thrown_away_without_a_word(manifest, tmp_path):
    def stop(done, total):
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare([manifest], CONFIG, tmp_path / "out", jobs=1, on_progress=stop)
    with pytest.raises(ShardError, match="unfinished run is there: go on with --resume"):
        prepare([manifest], CONFIG, tmp_path / "out", jobs=1)
    other = CONFIG.model_copy(update={"features": FeatureConfig(num_mels=21)})
    with pytest.raises(ShardError, match=r"features\.num_mels is 20 there and 21 here"):
        prepare([manifest], other, tmp_path / "out", jobs=1, resume=True)
    with pytest.raises(ShardError, match=r"speeds are \[1\.0\] there"):
        prepare([manifest], CONFIG, tmp_path / "out", jobs=1, resume=True, augment=True)
    with pytest.raises(ShardError, match=r"it is part 1 of 1, not 1 of 2"):
        prepare([manifest], CONFIG, tmp_path / "out", jobs=1, resume=True, part=(1, 2))


def test_a_changed_manifest_is_refused_on_resume(data, tmp_path):
    utterances = read_manifest(data / "an4.jsonl")
    write_manifest(tmp_path / "m.jsonl", utterances)
    prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", jobs=1)
    write_manifest(tmp_path / "m.jsonl", [replace(utterances[0], text="OTHER"), *utterances[1:]])
    with pytest.raises(ShardError, match="other manifests, or they have changed"):
        prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", jobs=1, resume=True)


def test_a_finished_folder_is_refused_or_with_resume_left_as_it_is(manifest, whole):
    before = bytes_of(whole)
    with pytest.raises(ShardError, match="is there already"):
        prepare([manifest], CONFIG, whole, augment=True)
    result = prepare([manifest], CONFIG, whole, augment=True, resume=True)
    assert result.num_utterances == 198
    assert bytes_of(whole) == before


def test_a_second_run_for_the_same_output_is_refused(manifest, tmp_path):
    def start_another(done, total):
        if not done:
            with pytest.raises(ShardError, match="another asr prepare is at work"):
                prepare([manifest], CONFIG, tmp_path / "out", jobs=1, resume=True)

    prepare([manifest], CONFIG, tmp_path / "out", jobs=1, on_progress=start_another)


def test_a_block_that_failed_is_tried_again_on_resume(manifest, whole, tmp_path):
    copy = tmp_path / "audio"
    copy.mkdir()
    utterances = [
        replace(u, audio_filepath=copy / u.audio_filepath.name) if u.id == "train-3" else u
        for u in read_manifest(manifest)
    ]
    write_manifest(tmp_path / "m.jsonl", utterances)

    def stop(done, total):
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", augment=True, jobs=1, on_progress=stop)
    (copy / "train-3.wav").write_bytes((manifest.parent / "train-3.wav").read_bytes())
    result = prepare([tmp_path / "m.jsonl"], CONFIG, tmp_path / "out", augment=True, jobs=1, resume=True)
    assert not result.failures
    assert (tmp_path / "out" / "index.jsonl").read_bytes() == (whole / "index.jsonl").read_bytes()


@pytest.mark.parametrize("num_parts", [1, 2, 3, 70])
def test_parts_merge_into_the_bytes_of_the_whole(num_parts, manifest, whole, tmp_path):
    parts = [tmp_path / str(i) for i in range(1, num_parts + 1)]
    for number, part in enumerate(parts, 1):
        prepare([manifest], CONFIG, part, augment=True, part=(number, num_parts), jobs=1)
    assert merge_shards(parts[::-1], tmp_path / "merged") == 198
    assert bytes_of(tmp_path / "merged") == bytes_of(whole)


def test_a_part_that_is_finished_counts_its_own_utterances_only(tmp_path):
    manifest = make_manifest(tmp_path / "audio", 7)
    made, found = (
        prepare([manifest], CONFIG, tmp_path / "out", part=(2, 3), jobs=1, resume=True).num_utterances for _ in range(2)
    )
    assert (made, found) == (2, 2)


def test_parts_share_a_small_manifest_evenly(tmp_path):
    manifest = make_manifest(tmp_path / "audio", 7)
    sizes = []
    for number in (1, 2, 3):
        prepare([manifest], CONFIG, tmp_path / str(number), part=(number, 3), jobs=1)
        sizes.append(len((tmp_path / str(number) / "index.jsonl").read_text().splitlines()))
    assert sizes == [3, 2, 2]


def test_failures_of_parts_are_merged_in_the_order_of_the_whole(tmp_path):
    manifest = make_manifest(tmp_path / "audio", 9)
    for number in (0, 1, 5, 8):
        (tmp_path / "audio" / f"train-{number}.wav").write_bytes(b"")
    prepare([manifest], CONFIG, tmp_path / "whole", jobs=1)
    for number in (1, 2):
        prepare([manifest], CONFIG, tmp_path / str(number), part=(number, 2), jobs=1)
    merge_shards([tmp_path / "1", tmp_path / "2"], tmp_path / "merged")
    assert bytes_of(tmp_path / "merged") == bytes_of(tmp_path / "whole")


def test_what_is_not_one_whole_is_not_merged(manifest, tmp_path):
    for number in (1, 2, 4):
        prepare([manifest], CONFIG, tmp_path / str(number), part=(number, 4), jobs=1)
    prepare([manifest], CONFIG, tmp_path / "of-three", part=(3, 3), jobs=1)
    prepare([manifest], CONFIG, tmp_path / "augmented", part=(3, 4), jobs=1, augment=True)

    def merge(*names):
        merge_shards([tmp_path / name for name in names], tmp_path / "out")

    with pytest.raises(ShardError, match=r"^3/4: not among the parts"):
        merge("1", "2", "4")
    with pytest.raises(ShardError, match=r"^2/4, 3/4: not among"):
        merge("1", "4")
    with pytest.raises(ShardError, match=r"part 2/4 is already there as"):
        merge("1", "2", "2", "4")
    with pytest.raises(ShardError, match=r"part 3 of 3, but .* is one of 4"):
        merge("1", "2", "of-three", "4")
    with pytest.raises(ShardError, match=r"speeds are"):
        merge("1", "2", "augmented", "4")
    with pytest.raises(ShardError, match="not a finished shard folder"):
        merge("1", "2", "3", "4")
    assert not (tmp_path / "out").exists()


def test_an_unfinished_merge_leaves_nothing_behind_under_the_final_name(manifest, tmp_path):
    for number in (1, 2):
        prepare([manifest], CONFIG, tmp_path / str(number), part=(number, 2), jobs=1)
    next((tmp_path / "2").glob("*.f16")).write_bytes(b"")
    with pytest.raises(ShardError, match="missing, or not of"):
        merge_shards([tmp_path / "1", tmp_path / "2"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_one_clear_line(data, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ShardError, match=r"file/out: cannot be written \(Not a directory\)"):
        prepare([data / "an4.jsonl"], CONFIG, tmp_path / "file" / "out", jobs=1)


@pytest.mark.slow
def test_several_processes_give_the_bytes_of_one(manifest, whole, tmp_path):
    prepare([manifest], CONFIG, tmp_path / "out", augment=True, jobs=3)
    assert bytes_of(tmp_path / "out") == bytes_of(whole)


@pytest.mark.slow
def test_a_run_killed_with_kill_9_goes_on_to_the_same_bytes(manifest, whole, tmp_path):
    (tmp_path / "c.toml").write_text("features.num_mels = 20\naugment.speeds = [1.0, 0.9, 1.1]\n")
    command = [sys.executable, "-m", "asr", "prepare", manifest, "--config", tmp_path / "c.toml"]
    command += ["--output", tmp_path / "out", "--augment", "--jobs", "2"]
    process = subprocess.Popen(list(map(str, command)))
    working = tmp_path / ".out.partial"
    while process.poll() is None and len(list(working.glob("block-*.json"))) < 5:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert (tmp_path / "out").exists() or working.exists()
    prepare([manifest], CONFIG, tmp_path / "out", augment=True, jobs=1, resume=True)
    assert bytes_of(tmp_path / "out") == bytes_of(whole)


@pytest.mark.slow
def test_workers_load_no_tensorflow():
    show = "import sys, asr.prepare; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", show], text=True).split()
    assert not {"tensorflow", "keras"} & set(loaded)


def test_real_recordings_can_be_prepared(shared_data, tmp_path):
    paths = sorted((shared_data / "LibriSpeech").rglob("*.mp3"))[:2]
    write_manifest(tmp_path / "m.jsonl", [Utterance(path.stem, path, 0.0, "A") for path in paths])
    result = prepare([tmp_path / "m.jsonl"], Config(), tmp_path / "out", jobs=1)
    assert not result.failures
    rows = [json.loads(line) for line in Path(tmp_path / "out" / "index.jsonl").read_text().splitlines()]
    assert [row["frames"] for row in rows] == [pytest.approx(row["duration"] * 100, abs=4) for row in rows]
