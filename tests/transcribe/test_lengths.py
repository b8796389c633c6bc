"""Lengths that no header says; the files are made here by PyAV."""

import pytest
import soundfile

from asr.transcribe.lengths import is_longer, known_seconds
from asr.transcribe.source import Source
from tests.transcribe.conftest import beeps

RATE = 16_000


@pytest.fixture
def aac(tmp_path):
    """Return an AAC file of 5.8 s: it says its length nowhere."""
    av = pytest.importorskip("av", reason="writes it")
    path = tmp_path / "a.aac"
    with av.open(str(path), "w", format="adts") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(beeps(14).T.astype("float32"), format="fltp", layout="mono")
        frame.sample_rate = RATE
        for part in (frame, None):
            container.mux(stream.encode(part))
    return path


def test_what_a_header_or_a_span_says_is_known(tmp_path):
    soundfile.write(tmp_path / "a.wav", beeps(2), RATE)
    source = Source.of(tmp_path / "a.wav")
    assert known_seconds(source) == pytest.approx(1.0)
    assert (is_longer(source, 0.9, RATE), is_longer(source, 1.1, RATE)) == (True, False)


def test_of_a_file_that_does_not_say_its_length_no_more_is_decoded_than_is_asked_for(aac, decoded_lengths):
    source = Source.of(aac)
    assert known_seconds(source) is None and not decoded_lengths
    assert is_longer(source, 1.0, RATE) and RATE <= sum(decoded_lengths) < 2 * RATE
    assert not is_longer(source, 7.0, RATE)
