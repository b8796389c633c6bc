import numpy as np

from asr.errors import AudioError, UtteranceError
from asr.transcribe import recognise as module
from asr.transcribe.recognise import Recognised, Recording, recognise


def recording(name, outcome):
    def load():
        if isinstance(outcome, Exception):
            raise outcome
        return np.full((outcome, 2), -1.0, np.float32)

    return Recording(name, load)


def test_results_come_in_order_with_errors_in_their_own_places(model):
    outcomes = [3, AudioError("broken"), 5, UtteranceError("short"), 2]
    results = list(recognise(model, [recording(str(i), outcome) for i, outcome in enumerate(outcomes)]))
    assert [item.id for item, _ in results] == ["0", "1", "2", "3", "4"]
    lengths = [len(found.log_probs) if isinstance(found, Recognised) else str(found) for _, found in results]
    assert lengths == [3, "broken", 5, "short", 2]


def test_recordings_are_recognised_a_few_at_a_time(model, monkeypatch):
    monkeypatch.setattr(module, "_FRAMES_AT_ONCE", 10)
    assert len(list(recognise(model, [recording(str(i), 4) for i in range(8)]))) == 8
    assert model.batch_sizes == [3, 3, 2]


def test_the_first_results_come_before_the_last_recording_is_read(model, monkeypatch):
    monkeypatch.setattr(module, "_FRAMES_AT_ONCE", 1)
    recordings = iter([recording("a", 4), recording("b", 4)])
    next(recognise(model, recordings))
    assert next(recordings).id == "b"


def test_nothing_to_recognise_gives_nothing(model):
    assert list(recognise(model, [])) == []
