"""Where a corpus's files come from: a folder, an archive, or a download, all ending as one unpacked folder."""

from collections.abc import Sequence
from pathlib import Path

from asr.errors import ManifestError
from data_prep.corpus import Report
from data_prep.download import Remote, download
from data_prep.unpack import unpack

DOWNLOADS = "downloads"  # folder of archives that are being downloaded


def obtain(remotes: Sequence[Remote], source: Path | None, folder: Path, marker: str, report: Report) -> Path:
    """Return the corpus's root: the folder in which the path ``marker`` exists.

    Args:
        remotes: archives to download when there is no ``source``; each is deleted once it is unpacked.
        source: an unpacked corpus (its root, or the folder that holds its root), or an archive of it.
        folder: archives are unpacked here; what an earlier call has unpacked is used again.
        marker: path of a file or folder that every copy of the corpus has, relative to the root.
        report: told of progress.

    Raises:
        ManifestError: there is no ``source``, or it is not this corpus.
        DownloadError: a download or an archive is bad.
    """
    if source is None:
        for remote in remotes:
            _fetch(remote, folder, report)
        return _root(folder, marker)
    if source.is_dir():
        return _root(source, marker)
    if not source.exists():
        raise ManifestError(f"{source}: no such file or folder: give --from an archive or an unpacked folder")
    unpack(source, folder, report)
    return _root(folder, marker)


def _fetch(remote: Remote, folder: Path, report: Report) -> None:
    if (folder / remote.unpacks_to).exists():  # unpacking renames when all is there, so this is whole
        return
    archive = folder / DOWNLOADS / remote.name
    download(remote, archive, report)
    unpack(archive, folder, report)
    archive.unlink()


def _root(folder: Path, marker: str) -> Path:
    candidates = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    for candidate in candidates:
        if (candidate / marker).exists():
            return candidate
    raise ManifestError(f"{folder}: {marker} is neither in it nor one folder below: this is not the corpus")
