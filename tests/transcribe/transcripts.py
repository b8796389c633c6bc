"""Transcripts to write, made by hypothesis or by hand."""

from hypothesis import strategies as st

from asr.decoding.hypothesis import Word
from asr.transcribe.segments import segments_of
from asr.transcribe.transcript import Transcript


def transcript_of(words, duration, max_seconds=10.0, **facts):
    words = tuple(words)
    segments = segments_of(words, 0.0, duration, max_seconds=max_seconds)
    text = " ".join(word.word for word in words)
    return Transcript(facts.pop("audio", "a talk.wav"), duration, text, segments, "en", "runs/an4", **facts)


@st.composite
def transcripts(draw):
    """Words whose times do not go backwards, some of no length, within a recording."""
    times = sorted(draw(st.lists(st.floats(0, 60), max_size=24).filter(lambda found: len(found) % 2 == 0)))
    spelling = st.sampled_from(["A", "IT", "GO", "DON'T", "STRAWBERRIES", "<B>", "AT&T", "-->", "1"])
    spans = zip(times[::2], times[1::2], strict=True)
    words = [Word(draw(spelling), start, end, draw(st.floats(0, 1))) for start, end in spans]
    duration = max([*times, 0.01]) + draw(st.sampled_from([0.0, 0.0004, 1.0]))
    return transcript_of(words, duration, draw(st.sampled_from([0.5, 3.0, 10.0])))
