import os
import threading

import pytest

from asr.files import replacing, write_atomically


def test_a_file_is_written_whole_and_leaves_nothing_else(tmp_path):
    write_atomically(tmp_path / "new" / "a.txt", b"one")
    write_atomically(tmp_path / "new" / "a.txt", b"two")
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "new").iterdir()] == [("a.txt", b"two")]


def test_the_longest_name_can_be_written(tmp_path):
    path = tmp_path / ("ä" * 125 + ".json")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new" and list(tmp_path.iterdir()) == [path]


def test_when_writing_fails_the_old_file_stays_and_the_new_one_is_gone(tmp_path):
    target = tmp_path / "a.npz"
    target.write_bytes(b"old")

    def fail() -> None:
        with replacing(target) as part:
            part.write_bytes(b"half")
            assert part.name.endswith(target.name)  # writers that look at the suffix find it
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.npz", b"old")]


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        write_atomically(tmp_path / "folder", b"new")
    assert caught.value.filename == str(tmp_path / "folder")
    long_name = tmp_path / ("x" * 256)  # longer than a file system takes
    with pytest.raises(OSError, match="too long") as caught_too:
        write_atomically(long_name, b"new")
    assert caught_too.value.filename == str(long_name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_link_stays_one_and_the_file_that_it_points_to_is_replaced(tmp_path):
    (tmp_path / "kept").mkdir()
    target, link = tmp_path / "kept" / "a.json", tmp_path / "latest.json"
    link.symlink_to("kept/a.json")
    for content in (b"one", b"two"):  # into nothing, and over what is there
        write_atomically(link, content)
        assert link.is_symlink() and target.read_bytes() == content
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.json", "kept", "latest.json"]


def test_what_is_no_file_takes_the_bytes_and_stays(tmp_path):
    pipe, device = tmp_path / "pipe", tmp_path / "null"
    os.mkfifo(pipe)
    device.symlink_to(os.devnull)
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, b"one")
    reader.join()
    write_atomically(device, b"two")
    assert found == [b"one"] and pipe.is_fifo() and device.is_char_device()
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "null"}


def test_a_full_device_is_named(tmp_path):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    if not full.is_char_device():
        pytest.skip("needs /dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(full, b"new")
    assert caught.value.filename == str(full)
