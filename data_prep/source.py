"""Where a corpus's files come from: a folder, an archive, or a download, all ending as one unpacked folder."""

from collections.abc import Sequence
from pathlib import Path

from asr.errors import ManifestError
from data_prep.corpus import Report
from data_prep.download import Remote, download, verify
from data_prep.unpack import unpack

DOWNLOADS = "downloads"  # folder of archives that are being downloaded


def obtain(
    remotes: Sequence[Remote], source: Path | None, folder: Path, markers: Sequence[str], report: Report
) -> Path:
    """Return the corpus's root: the folder in which one of the paths ``markers`` exists.

    Args:
        remotes: archives to download when there is no ``source``; each is deleted once it is unpacked.
        source: an unpacked corpus (its root, or a folder up to two above), an archive, or a folder of archives that
            have the names of ``remotes``; none of it is changed.
        folder: archives are unpacked here; what an earlier call has unpacked is used again.
        markers: paths relative to the root, of which every copy of the corpus has one.
        report: told of progress.

    Raises:
        ManifestError: there is no ``source``, or it is not this corpus.
        DownloadError: a download or an archive is bad.
    """
    if source is None:
        for remote in remotes:
            _fetch(remote, folder, report)
        return _root(folder, markers)
    if source.is_dir():
        return source_root(source, markers) or _root(_unpack_all(remotes, source, folder, report), markers)
    if not source.exists():
        raise ManifestError(f"{source}: no such file or folder: give --from an archive or an unpacked folder")
    unpack(source, folder, report)
    return _root(folder, markers)


def source_root(folder: Path, markers: Sequence[str]) -> Path | None:
    """Return ``folder``, or the first folder one or two below, in which one of ``markers`` exists."""
    level = [folder]
    for _ in range(3):
        for candidate in level:
            if any((candidate / marker).exists() for marker in markers):
                return candidate
        level = [path for parent in level for path in sorted(parent.iterdir()) if path.is_dir()]
    return None


def _fetch(remote: Remote, folder: Path, report: Report) -> None:
    if _is_unpacked(remote, folder):
        return
    archive = folder / DOWNLOADS / remote.name
    download(remote, archive, report)
    unpack(archive, folder, report)
    archive.unlink()
    if not any(archive.parent.iterdir()):
        archive.parent.rmdir()


def _is_unpacked(remote: Remote, folder: Path) -> bool:
    """Whether an earlier call has unpacked it: unpacking renames when all is there, so what is there is whole."""
    return bool(remote.unpacks_to) and (folder / remote.unpacks_to).exists()


def _unpack_all(remotes: Sequence[Remote], source: Path, folder: Path, report: Report) -> Path:
    """Verify and unpack those of the archives that are in ``source``; return where they were unpacked."""
    archives = [remote for remote in remotes if (source / remote.name).is_file()]
    if not archives:
        names = ", ".join(remote.name for remote in remotes)
        raise ManifestError(f"{source}: neither the unpacked corpus nor {names or 'an archive of it'}: check --from")
    for remote in archives:
        if not _is_unpacked(remote, folder):
            verify(source / remote.name, remote, report)
            unpack(source / remote.name, folder, report)
    return folder


def _root(folder: Path, markers: Sequence[str]) -> Path:
    root = source_root(folder, markers)
    if root is None:
        raise ManifestError(f"{folder}: no folder in it has {' or '.join(markers)}: this is not the corpus")
    return root


def require_source(source: Path | None) -> Path:
    """Return ``source``, for importers, which have nothing to download.

    Raises:
        ManifestError: there is none, or it does not exist.
    """
    if source is None:
        raise ManifestError("an importer has nothing to download: say --from where the recordings are")
    if not source.exists():
        raise ManifestError(f"{source}: no such file or folder: check --from")
    return source
