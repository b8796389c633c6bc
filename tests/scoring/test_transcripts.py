import json
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.errors import ManifestError, ScoringError
from asr.scoring.transcripts import read_transcripts, values_of

HOSTILE_IDS = ["../../etc/passwd", "a b", "\u2028x", "é\U0001f600", "__class__", "a,b", '"', "-rf", "a\tb"]


def write(folder, name, content):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def json_lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text", "u1 IT IS\nu2\nu3 A  B\n"),
        ("hyp.trn", ";; a comment\nIT IS (u1)\n(u2)\nA  B (u3)\n"),
        ("hyp", "IT IS (u1)\n (u2)\n\nA  B ( u3 )\n"),
        ("hyp.jsonl", json_lines(*({"id": f"u{i}", "text": t} for i, t in ((1, "IT IS"), (2, ""), (3, "A  B"))))),
        ("hyp.csv", "id,text\nu1,IT IS\nu2,\nu3,A  B\n"),
        ("hyp.csv", '\ufeffspeaker,hypothesis,id,text\r\ns,"IT IS",u1,SAID\r\n\r\ns,,u2,\r\ns,A  B,u3,\r\n'),
        ("hyp.tsv", "id\tpred_text\nu1\tIT IS\nu2\t\nu3\tA  B\n"),
        ("hyp", "\n" + json_lines(*({"id": f"u{i}", "text": t} for i, t in ((1, "IT IS"), (2, ""), (3, "A  B"))))),
    ],
)
def test_every_format_gives_the_same_texts(tmp_path, name, content):
    transcripts = read_transcripts(write(tmp_path, name, content), "hypotheses")
    assert transcripts.texts == {"u1": "IT IS", "u2": "", "u3": "A  B"}


@pytest.mark.parametrize("content", ["u1 IT IS\n", "IT IS (u1)\n", json_lines({"id": "u1", "text": "IT IS"})])
def test_a_pipe_is_read_once(tmp_path, content):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=[content])
    writer.start()
    assert read_transcripts(pipe, "references").texts == {"u1": "IT IS"}
    writer.join()


def test_a_ctm_has_an_utterance_a_recording_its_words_by_their_start(tmp_path):
    content = ";; comment\nu1 1 0.5 0.25 IS 0.75\nu1 1 0.0 0.5 IT NA\nu2 A 0 1 NO\nu2 B 0 1 WHO\n"
    transcripts = read_transcripts(write(tmp_path, "h.ctm", content), "hypotheses")
    assert transcripts.texts == {"u1": "IT IS", "u2-A": "NO", "u2-B": "WHO"}
    assert transcripts.rows["u1"]["words"] == [
        {"word": "IT", "start": 0.0, "end": 0.5, "confidence": None},
        {"word": "IS", "start": 0.5, "end": 0.75, "confidence": 0.75},
    ]


def test_words_of_a_ctm_are_dealt_to_the_segments_of_an_stm(tmp_path):
    segments = (
        "talk A ann 0.0 1.0 <o,f0> it is\n"
        "talk A bob 2.0 3.0 so\n"
        "talk A bob 3.0 4.0 IGNORE_TIME_SEGMENT_IN_SCORING\n"
        "talk A bob 4.0 5.0\n"
    )
    references = read_transcripts(write(tmp_path, "r.stm", segments), "references")
    assert references.texts == {"talk-A-0.0-1.0": "it is", "talk-A-2.0-3.0": "so", "talk-A-4.0-5.0": ""}
    assert references.rows["talk-A-0.0-1.0"]["label"] == "o,f0"
    content = "".join(
        f"{line}\n"
        for line in ("talk A 0.1 0.2 it", "talk A 0.8 0.3 is", "talk A 1.4 0.2 so", "talk A 3.5 0.1 hm", "tale A 0 1 x")
    )
    hypotheses = read_transcripts(write(tmp_path, "h.ctm", content), "hypotheses", references.segments)
    assert hypotheses.texts == {
        "talk-A-0.0-1.0": "it is",
        "talk-A-2.0-3.0": "so",  # it lies between two
        "talk-A-3.0-4.0": "hm",  # not to be scored, and so without a reference
        "talk-A-4.0-5.0": "",
        "tale": "x",
    }


def test_channels_that_have_other_names_are_said(tmp_path):
    references = read_transcripts(write(tmp_path, "r.stm", "t A s 0 1 yes\n"), "references")
    path = write(tmp_path, "h.ctm", "t 1 0.5 0.1 yes\n")
    with pytest.raises(ManifestError, match=r"h\.ctm: recording 't' has channel 1, and A in the references"):
        read_transcripts(path, "hypotheses", references.segments)


def test_an_empty_id_gives_way_to_the_name_of_the_recording(tmp_path):
    path = write(tmp_path, "m.csv", "id,audio_filepath,text\n,a/b.wav,SAID\n")
    assert read_transcripts(path, "references").texts == {"a/b": "SAID"}


def test_words_behind_all_segments_belong_to_the_last(tmp_path):
    references = read_transcripts(write(tmp_path, "r.stm", "t 1 s 0 1 yes\n"), "references")
    path = write(tmp_path, "h.ctm", "t 1 0.5 0.1 yes\nt 1 7.0 0.1 well\n")
    assert read_transcripts(path, "hypotheses", references.segments).texts == {"t-1-0-1": "yes well"}


def test_a_file_without_references_is_an_error_and_one_without_hypotheses_is_not(tmp_path):
    path = write(tmp_path, "empty.txt", "\n")
    with pytest.raises(ManifestError, match=r"empty\.txt: no utterances: nothing to score"):
        read_transcripts(path, "references")
    assert read_transcripts(path, "hypotheses").texts == {}


def test_a_manifest_with_predictions_serves_both_sides(tmp_path):
    row = {"audio_filepath": "a/b.wav", "duration": 1.0, "text": "SAID", "pred_text": "FOUND", "reference": "A BOOK"}
    path = write(tmp_path, "m.json", json_lines(row))
    assert read_transcripts(path, "references").texts == {"a/b": "SAID"}
    assert read_transcripts(path, "hypotheses").texts == {"a/b": "FOUND"}


def test_a_file_of_hypotheses_serves_both_sides(tmp_path):
    row = {"id": "a", "text": "FOUND", "reference": "SAID", "score": {}}
    path = write(tmp_path, "h.jsonl", json_lines(row))
    assert read_transcripts(path, "references").texts == {"a": "SAID"}
    assert read_transcripts(path, "hypotheses").texts == {"a": "FOUND"}


def test_hypotheses_are_not_taken_for_references(tmp_path):
    path = write(tmp_path, "h.jsonl", json_lines({"id": "a", "text": "FOUND", "score": {"total": -1.0}}))
    with pytest.raises(ManifestError, match=r"h\.jsonl:1: a hypothesis without a reference"):
        read_transcripts(path, "references")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("h.jsonl", '{"id": "a"}', "h.jsonl:1: key 'text' is missing"),
        ("h.jsonl", '{"id": "a", "text": 3}', "text is 3: it must be str"),
        ("h.jsonl", '{"text": "a"}', "id is None"),
        ("h.jsonl", '{"id": ["a"], "text": "a"}', r"id is \['a'\]"),
        ("h.jsonl", "not json", "h.jsonl:1: not JSON"),
        ("h.jsonl", json_lines({"id": "a", "text": ""}) * 2, "h.jsonl:2: id 'a' is already used in line 1"),
        ("h.jsonl", '{"id": "a", "text": "\\ud800"}', "h.jsonl:1: holds half of a surrogate pair"),
        pytest.param("h.jsonl", '{"id": ' + "9" * 5000 + "}", "h.jsonl:1: a number too long", id="long number"),
        pytest.param("h.jsonl", "[" * 100_000, "h.jsonl:1: .* nested too deeply", id="deep nesting"),
        ("text", "a B\n\na C\n", "text:3: id 'a' is already used in line 1"),
        ("h.trn", "IT IS\n", "h.trn:1: no utterance id"),
        ("h.trn", "IT IS ()\n", "h.trn:1: no utterance id"),
        ("h.trn", "IT { IS / WAS } (a)\n", "h.trn:1: alternatives"),
        ("h.srt", "", r"\.srt files are not read: give JSON lines .* CSV, Kaldi text, sclite trn, ctm, stm"),
        ("h.csv", "id,text\na,b,c\n", "h.csv:2: not as many cells"),
        ("h.csv", "id,text\na\n", "h.csv:2: not as many cells"),
        pytest.param("h.csv", "id,text\na," + "b" * 200_000 + "\n", "h.csv:2: field larger", id="long cell"),
        ("h.csv", "name,text\na,b\n", "h.csv:1: no column id or audio_filepath among 'name', 'text': name the columns"),
        ("h.csv", "ID, text\na,b\n", "no column id or audio_filepath among 'ID', ' text'"),
        ("h.csv", "id;text\na;b\n", "among 'id;text': .* commas between"),
        ("h.tsv", "id,text\na,b\n", "among 'id,text': .* tabs between"),
        ("h.csv", "id,words\na,b\n", "no column text or reference or pred_text or hypothesis among 'id', 'words'"),
        ("h.csv", "id,text,text\na,b,c\n", "h.csv:1: two columns 'text'"),
        ("h.csv", 'id,text\na,b\nc,"d\ne,f\ng,h\n', "h.csv:3: a quote is not closed"),
        ("h.csv", 'id,text\na,"b\nc,"d"\n', "h.csv:2: a quote is not closed"),
        ("h.csv", 'id,text\na,"b', "h.csv:2: a quote is not closed"),
        ("h.csv", 'id,text\na,"b" c\n', "h.csv:2: ',' expected after"),
        ("h.csv", "id,text\n,b\n", "h.csv:2: id is ''"),
        ("h.jsonl", '{"id": "", "text": "a"}', "h.jsonl:1: id is ''"),
        ("h.jsonl", '{"id": " ", "text": "a"}', "h.jsonl:1: id is ' '"),
        ("h.ctm", "a 1 0.0 0.5\n", "h.ctm:1: 4 columns: a line of ctm is recording"),
        ("h.ctm", "a 1 zero 0.5 B\n", "h.ctm:1: 'zero' is not a number"),
        ("h.ctm", "a 1 0.0 -1 B\n", "h.ctm:1: -1 is not a time"),
        ("h.ctm", "a 1 0.0 nan B\n", "h.ctm:1: nan is not a time"),
        ("h.ctm", "a 1 0.0 0.5 <ALT_BEGIN>\n", "h.ctm:1: alternatives"),
        ("h.trn", "IT (%hes) IS (a)\n", r"h.trn:1: optional words, as \(%hes\)"),
        ("h.stm", "a 1 s 0 1 it { is / was } so\n", "h.stm:1: alternatives"),
        ("h.stm", "a 1 s 0 1 <o,f0> (%hes) it is\n", r"h.stm:1: optional words, as \(%hes\)"),
        ("h.stm", "a 1 s 3.5 1 it is\n", "h.stm:1: ends at 1 and starts at 3.5"),
        ("h.stm", "a 1 s 0.0\n", "h.stm:1: 4 columns: a line of stm is recording"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, name, content, message):
    with pytest.raises(ManifestError, match=message):
        read_transcripts(write(tmp_path, name, content), "hypotheses")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ManifestError, match="nowhere"):
        read_transcripts(tmp_path / "nowhere", "references")
    (tmp_path / "latin").write_bytes(b"a \xe9t\xe9")
    with pytest.raises(ManifestError, match=r"latin: not UTF-8 .* convert it to UTF-8"):
        read_transcripts(tmp_path / "latin", "references")


@given(
    st.binary(max_size=80),
    st.sampled_from(["h", "h.jsonl", "h.trn", "h.csv", "h.ctm", "h.stm"]),
    st.sampled_from(["references", "hypotheses"]),
)
def test_any_bytes_give_texts_or_a_named_error(tmp_path_factory, content, name, side):
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(content)
    try:
        texts = read_transcripts(path, side).texts
    except ManifestError as error:
        assert str(path) in str(error)
    else:
        assert all(isinstance(text, str) for text in texts.values())


@given(st.data())
def test_a_damaged_file_gives_texts_or_a_named_error(tmp_path_factory, data):
    content = bytearray(
        json_lines(*({"id": f"u{i}", "text": "IT IS", "reference": "IT WAS"} for i in range(3))).encode()
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = tmp_path_factory.mktemp("damaged") / "h.jsonl"
    path.write_bytes(content)
    for side in ("references", "hypotheses"):
        try:
            texts = read_transcripts(path, side).texts
        except ManifestError as error:
            assert str(error).startswith(f"{path}") and "\n" not in str(error)
        else:
            "".join([*texts, *texts.values()]).encode()


def test_ids_are_only_ever_names(tmp_path):
    rows = [{"id": name, "text": name} for name in HOSTILE_IDS]
    assert list(read_transcripts(write(tmp_path, "h.jsonl", json_lines(*rows)), "hypotheses").texts) == HOSTILE_IDS


def test_values_of_a_key_are_texts(tmp_path):
    rows = [{"id": "a", "text": "", "speaker": "x"}, {"id": "b", "text": "", "speaker": 7}, {"id": "c", "text": ""}]
    transcripts = read_transcripts(write(tmp_path, "m.jsonl", json_lines(*rows)), "references")
    assert values_of(transcripts, "speaker") == {"a": "x", "b": "7", "c": "(none)"}
    with pytest.raises(ScoringError, match=r"no line has the key 'sex': group by one of id, speaker, text"):
        values_of(transcripts, "sex")


def test_a_format_without_keys_cannot_be_grouped(tmp_path):
    with pytest.raises(ScoringError, match="only JSON lines, CSV and stm have keys"):
        values_of(read_transcripts(write(tmp_path, "text", "a B\n"), "references"), "speaker")
