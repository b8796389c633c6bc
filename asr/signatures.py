"""What a file is, by how it begins: names may say anything."""

import os
from pathlib import Path

HEAD_BYTES = 1024

# Files that libsndfile reads; MP3 without tags has only bits.
_SOUND = (
    *(b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"ID3", b"FORM", b"NIST_1A", b".snd", b"dns."),
    *(b"caff", b"Creative Voice File", b" paf", b"fap ", b"2BIT", b"\x64\xa3"),
)
# Files that PyAV reads and libsndfile does not, and the place of the mark.
_MEDIA = (
    (4, b"ftyp"),  # MP4, M4A, MOV, 3GP
    (0, b"\x1aE\xdf\xa3"),  # Matroska, WebM
    (0, b"0&\xb2u"),  # ASF: WMA, WMV
    (8, b"AVI "),
    (0, b"FLV\x01"),
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"#!AMR"),
    (0, b"wvpk"),  # WavPack
    (0, b"MAC "),  # Monkey's Audio
)
# What MP4 and RIFF say at byte 8 where they hold pictures: HEIC, AVIF, WebP.
_PICTURES = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"WEBP")
_TS_PACKET, _TS_SYNC = 188, 0x47  # MPEG transport stream: every packet begins with this byte


def read_head(path: Path) -> bytes:
    """Return how a file begins, at most `HEAD_BYTES`; nothing where it cannot be read, which its reader says."""
    if not os.path.isfile(path):  # opening a pipe would wait for whoever writes into it
        return b""
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def is_sound(head: bytes) -> bool:
    """Whether a file that begins so is sound, or a video that may have some."""
    if head.startswith(_PICTURES, 8):
        return False
    return any(head.startswith(mark) for mark in _SOUND) or _is_mp3(head) or is_media(head)


def is_media(head: bytes) -> bool:
    """Whether a file that begins so is one that PyAV reads and libsndfile does not."""
    if any(head.startswith(mark, place) for place, mark in _MEDIA) or _is_adts(head) or _is_endless_flac(head):
        return True
    return len(head) > _TS_PACKET and head[0] == head[_TS_PACKET] == _TS_SYNC


def _is_mp3(head: bytes) -> bool:
    """Whether this is a frame of MPEG audio, layer II or III (ISO 11172-3, section 2.4.1.3)."""
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 in (0x02, 0x04)


def _is_adts(head: bytes) -> bool:
    """Whether this is AAC without a container: the sync word of MPEG audio, with a layer of 0, which no MP3 has."""
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


def _is_endless_flac(head: bytes) -> bool:
    """Whether this is a FLAC from a pipe, which does not say how many samples it has; libsndfile cannot read it."""
    # 36 bits of STREAMINFO (RFC 9639, section 8.2), the first block, that begins at byte 8.
    return head.startswith(b"fLaC") and len(head) > 26 and not head[21] & 0x0F and not any(head[22:26])
