"""Archives that we did not make: hostile members, broken files, interruptions."""

import io
import tarfile

import pytest

from asr.errors import DownloadError
from data_prep import download
from data_prep.unpack import unpack


def silent(what, done, total):
    pass


def member(name, kind=tarfile.REGTYPE, link="", size=0):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


def write_archive(path, *members, mode="w:gz"):
    """Write a tar file of (member, content) pairs."""
    with tarfile.open(path, mode) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_is_unpacked_whatever_its_compression(tmp_path, mode):
    archive = write_archive(tmp_path / "a.tar", (member("top/a.txt"), b"A"), (member("top/b/c.txt"), b"C"), mode=mode)
    unpack(archive, tmp_path / "out", silent)
    assert files_in(tmp_path / "out") == {"top/a.txt": b"A", "top/b/c.txt": b"C"}


def test_a_second_archive_joins_the_folder_of_the_first(tmp_path):
    one = write_archive(tmp_path / "1.tar", (member("top/list"), b"1"), (member("top/dev/a"), b"a"))
    two = write_archive(tmp_path / "2.tar", (member("top/list"), b"2"), (member("top/train/b"), b"b"))
    unpack(one, tmp_path / "out", silent)
    unpack(two, tmp_path / "out", silent)
    assert files_in(tmp_path / "out") == {"top/list": b"2", "top/dev/a": b"a", "top/train/b": b"b"}


@pytest.mark.parametrize(
    "hostile",
    [
        member("/etc/evil"),
        member("../evil"),
        member("top/../../evil"),
        member("top/link", tarfile.SYMTYPE, "/etc/passwd"),
        member("top/link", tarfile.SYMTYPE, "../../evil"),
        member("top/link", tarfile.LNKTYPE, "../evil"),
        member("top/link", tarfile.LNKTYPE, "/etc/passwd"),
        member("top/device", tarfile.CHRTYPE),
        member("top/device", tarfile.BLKTYPE),
        member("top/pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.name}-{info.linkname}-{info.type.decode()}",
)
def test_members_that_leave_the_folder_are_refused_and_nothing_is_unpacked(tmp_path, hostile):
    archive = write_archive(tmp_path / "a.tar", (member("top/good.txt"), b"good"), (hostile, b""))
    with pytest.raises(DownloadError, match="refused"):
        unpack(archive, tmp_path / "out", silent)
    assert list((tmp_path / "out").iterdir()) == []
    assert not (tmp_path / "evil").exists()


def test_a_folder_cannot_be_swapped_for_a_link_and_then_written_through(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    archive = write_archive(
        tmp_path / "a.tar", (member("top", tarfile.SYMTYPE, str(outside)), b""), (member("top/evil"), b"evil")
    )
    with pytest.raises(DownloadError, match="refused"):
        unpack(archive, tmp_path / "out", silent)
    assert list(outside.iterdir()) == []


def test_a_link_to_a_file_of_the_archive_becomes_a_copy(tmp_path):
    archive = write_archive(
        tmp_path / "a.tar",
        (member("top/a"), b"A"),
        (member("top/b/soft", tarfile.SYMTYPE, "../a"), b""),
        (member("top/hard", tarfile.LNKTYPE, "top/a"), b""),
    )
    unpack(archive, tmp_path / "out", silent)
    assert files_in(tmp_path / "out") == {"top/a": b"A", "top/b/soft": b"A", "top/hard": b"A"}
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))


def test_what_is_no_archive_is_named(tmp_path):
    page = tmp_path / "corpus.tar.gz"
    page.write_text("<html>Please log in</html>")
    with pytest.raises(DownloadError, match=r"corpus\.tar\.gz: cannot be unpacked"):
        unpack(page, tmp_path / "out", silent)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_a_truncated_archive_leaves_nothing(tmp_path, mode):
    noise = bytes((i * i) % 251 for i in range(200_000))
    whole = write_archive(tmp_path / "a.tar", (member("top/a"), noise), (member("top/b"), noise[::-1]), mode=mode)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(DownloadError, match="cannot be unpacked"):
        unpack(whole, tmp_path / "out", silent)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_interruption_leaves_nothing(tmp_path):
    archive = write_archive(tmp_path / "a.tar", (member("top/a"), b"A"))

    def interrupt(what, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "out", interrupt)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_killed_run_left_is_removed(tmp_path):
    left = tmp_path / "out" / ".unpacking-abc" / "top"
    left.mkdir(parents=True)
    unpack(write_archive(tmp_path / "a.tar", (member("top/a"), b"A")), tmp_path / "out", silent)
    assert files_in(tmp_path / "out") == {"top/a": b"A"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["top"]


def test_two_processes_may_unpack_into_one_folder(tmp_path):
    one = write_archive(tmp_path / "1.tar", (member("top/a"), b"A"), (member("top/b"), b"B"))
    two = write_archive(tmp_path / "2.tar", (member("top/c"), b"C"))
    begun = iter([True])

    def meanwhile(what, done, total):
        if next(begun, False):
            unpack(two, tmp_path / "out", silent)

    unpack(one, tmp_path / "out", meanwhile)
    assert files_in(tmp_path / "out") == {"top/a": b"A", "top/b": b"B", "top/c": b"C"}


def test_a_disk_that_is_too_small_is_noticed_before_anything_is_written(tmp_path, monkeypatch):
    archive = write_archive(tmp_path / "a.tar", (member("top/a"), bytes(5_000_000)), mode="w")
    usage = download.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: usage._replace(free=1_000_000))
    with pytest.raises(DownloadError, match="5 MB are needed and 1 MB are free"):
        unpack(archive, tmp_path / "out", silent)


def test_an_archive_that_unpacks_to_more_than_the_disk_has_is_stopped(tmp_path, monkeypatch):
    bomb = write_archive(tmp_path / "a.tar.gz", (member("top/a"), bytes(5_000_000)))
    usage = download.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: usage._replace(free=1_000_000))
    with pytest.raises(DownloadError, match="are needed"):
        unpack(bomb, tmp_path / "out", silent)
    assert list((tmp_path / "out").iterdir()) == []
