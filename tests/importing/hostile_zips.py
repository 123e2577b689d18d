"""ZIPs as an ill-meaning or unlucky person makes them. Each maker writes one to a path; all start from two classes."""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.datasets.makers import add, archive, image, two_classes, zipped

Maker = Callable[[Path], None]
LOCAL, ENTRY, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"

# What the preparation has to do with it: refuse the whole ZIP with these words in its sentence, or prepare what is
# good in it and give these reasons for what is left out.
REFUSED: dict[str, tuple[Maker, str]] = {}
SKIPPED: dict[str, tuple[Maker, str]] = {}


def honest(path: Path, more: dict[str, bytes] | None = None) -> None:
    archive(path, two_classes() | (more or {}))


def _spoilt(change: Callable[[bytearray], bytes | bytearray | None]) -> Maker:
    """An honest ZIP whose bytes are changed afterwards."""

    def make(path: Path) -> None:
        honest(path)
        content = bytearray(path.read_bytes())
        path.write_bytes(change(content) or content)

    return make


def _bytes(content: bytes) -> Maker:
    return lambda path: path.write_bytes(content) and None


def _entry(change: Callable[[zipfile.ZipInfo], None], content: bytes = image()) -> Maker:
    """An honest ZIP and one entry more."""

    def make(path: Path) -> None:
        honest(path)
        with zipfile.ZipFile(path, "a") as made:
            member = zipfile.ZipInfo("ants/odd.png")
            change(member)
            made.writestr(member, content)

    return make


def _named(name: str) -> Maker:
    return _entry(lambda member: setattr(member, "filename", name))


def _mode(mode: int) -> Maker:
    return _entry(lambda member: setattr(member, "external_attr", (mode | 0o777) << 16))


def _field(signature: bytes, offset: int, form: str, value: int) -> Maker:
    """One field of the first record of a kind."""

    def change(content: bytearray) -> None:
        struct.pack_into(form, content, content.index(signature) + offset, value)

    return _spoilt(change)


def _twice(path: Path) -> None:
    honest(path)
    content = path.read_bytes().replace(b"ants/1.png", b"ants/0.png")
    path.write_bytes(content)


def _one_local_header(content: bytearray) -> None:
    second = content.index(ENTRY, content.index(ENTRY) + 4)
    struct.pack_into("<I", content, second + 42, 0)  # both entries claim the first one's bytes


def _claims(size: int) -> Maker:
    """A ZIP64 field that says how large the first file is."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as made:
            member = zipfile.ZipInfo("ants/0.png")
            member.extra = struct.pack("<HHQQ", 1, 16, size, 50)
            made.writestr(member, image())
            add(made, {"bees/0.png": image()})
        content = bytearray(path.read_bytes())
        struct.pack_into("<II", content, content.index(ENTRY) + 20, 0xFFFFFFFF, 0xFFFFFFFF)
        path.write_bytes(content)

    return make


def _bomb(path: Path) -> None:
    """Two gigabytes of nothing, in files that are each no larger than allowed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    size = 99 << 20
    packed = b"".join([packer.compress(bytes(1 << 20)) for _ in range(99)]) + packer.flush()
    checksum = 0
    for _ in range(99):
        checksum = zlib.crc32(bytes(1 << 20), checksum)
    table, out = io.BytesIO(), io.BytesIO()
    for number in range(21):
        name = f"{'ants' if number % 2 else 'bees'}/{number}.bmp".encode()
        table.write(struct.pack("<4sHHHHHHIIIHHHHHII", ENTRY, 20, 20, 0, 8, 0, 33, checksum, len(packed), size,
                                len(name), 0, 0, 0, 0, 0, out.tell()) + name)  # fmt: skip
        out.write(struct.pack("<4sHHHHHIIIHH", LOCAL, 20, 0, 8, 0, 33, checksum, len(packed), size, len(name), 0))
        out.write(name + packed)
    end = struct.pack("<4sHHHHIIH", END, 0, 0, 21, 21, table.tell(), out.tell(), 0)
    path.write_bytes(out.getvalue() + table.getvalue() + end)


def _tight(path: Path) -> None:
    honest(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as made:
        add(made, {"ants/tight.bmp": bytes(40 << 20)})


def _zip(files: dict[str, bytes]) -> Maker:
    return lambda path: archive(path, files) and None


def _inner() -> bytes:
    return zipped({"ants/0.png": image()})


def _much(claimed: int) -> Maker:
    """The first entry's size in the table is another one than what is packed."""
    return _field(ENTRY, 24, "<I", claimed)


def _packed_as(packing: int) -> Maker:
    def make(path: Path) -> None:
        honest(path)
        with zipfile.ZipFile(path, "a", packing) as made:
            add(made, {"ants/odd.png": image()})

    return make


REFUSED |= {
    "empty file": (_bytes(b""), "is an empty file"),
    "text": (_bytes(b"just words"), "is not a ZIP file"),
    "a picture": (_bytes(image()), "is not a ZIP file"),
    "zeros": (_bytes(bytes(5000)), "is not a ZIP file"),
    "end record alone": (_bytes(END + bytes(18)), "no class folders"),
    "half an end record": (_bytes(END + bytes(9)), "is not a ZIP file"),
    "cut before the end": (_spoilt(lambda content: content[:-50]), "is cut off"),
    "cut in the middle": (_spoilt(lambda content: content[: len(content) // 2]), "is cut off"),
    "start missing": (_spoilt(lambda content: content[len(content) * 3 // 4 :]), "list of entries"),
    "table of noise": (_field(ENTRY, 0, "<I", 0x12345678), "list of entries"),
    "table too long": (_field(END, 12, "<I", 1 << 30), "list of entries"),
    "table elsewhere": (_field(END, 16, "<I", 1 << 30), "list of entries"),
    "name longer than the table": (_field(ENTRY, 28, "<H", 60000), "one class only"),
    "newer version": (_field(ENTRY, 6, "<H", 99), "list of entries"),
    "encrypted": (_field(ENTRY, 8, "<H", 1), "is encrypted"),
    "parent": (_named("../evil.png"), "points outside"),
    "parent in the middle": (_named("ants/../../evil.png"), "points outside"),
    "parent with backslashes": (_named("ants\\..\\..\\evil.png"), "points outside"),
    "absolute": (_named("/etc/evil.png"), "points outside"),
    "drive": (_named("C:/evil.png"), "points outside"),
    "drive with backslash": (_named("c:\\evil.png"), "points outside"),
    "network share": (_named("\\\\server\\share\\evil.png"), "points outside"),
    "symbolic link": (_mode(stat.S_IFLNK), "is a link"),
    "pipe": (_mode(stat.S_IFIFO), "neither a file nor a folder"),
    "device": (_mode(stat.S_IFBLK), "neither a file nor a folder"),
    "terminal": (_mode(stat.S_IFCHR), "neither a file nor a folder"),
    "socket": (_mode(stat.S_IFSOCK), "neither a file nor a folder"),
    "link with control characters": (
        _entry(lambda member: (setattr(member, "filename", "ants/\x1b[2J\n.png"),
                               setattr(member, "external_attr", stat.S_IFLNK << 16))[0]), "is a link"),
    "name with a thousand folders": (_named("a/" * 1000 + "x.png"), "folders deep"),
    "same name twice": (_twice, "twice"),
    "overlapping": (_spoilt(_one_local_header), "overlap"),
    "claims an exabyte": (_claims(1 << 60), "unpack to more than"),
    "claims 30 gigabytes": (_claims(30 << 30), "unpack to more than"),
    "claims 3 gigabytes": (_much(3_000_000_000), "200 times its size"),
    "bomb": (_bomb, "200 times its size"),
    "no entries": (_zip({}), "no class folders"),
    "nothing but a ZIP": (_zip({"inner.zip": _inner()}), "but inner.zip inside. Unpack"),
    "nothing but a ZIP a class": (_zip({"ants/a.zip": _inner(), "bees/b.zip": _inner()}), "an archive inside"),
    "one class": (_zip({"ants/1.png": image(), "ants/2.png": image()}), "one class only"),
    "empty class": (_zip({"ants/1.png": image(), "ants/2.png": image(), "bees/": b""}), "one class only"),
    "one image a class": (_zip({"ants/1.png": image(), "bees/1.png": image()}), "one image of each class"),
}  # fmt: skip
SKIPPED |= {
    "honest": (honest, ""),
    "prepended program": (_spoilt(lambda content: b"#!/bin/sh\n" * 50 + content), ""),
    "several disks": (_field(END, 4, "<H", 3), ""),
    "huge comment": (_spoilt(lambda content: content[:-2] + struct.pack("<H", 65535) + b"x" * 65535), ""),
    "wrong checksum": (_field(ENTRY, 16, "<I", 1), "checksum is wrong"),
    "claims less": (_much(10), "checksum is wrong"),
    "claims more": (_much(5000), ""),
    "claims 90 megabytes": (_much(90 << 20), "times smaller"),
    "unknown packing": (_field(ENTRY, 10, "<H", 77), "unusual way"),
    "Deflate64": (_field(ENTRY, 10, "<H", 9), "unpack the ZIP, and choose the folder"),
    "other name in front of the file": (_field(LOCAL, 30, "<I", 0x41414141), "cannot be unpacked"),
    "nothing in front of the file": (_field(LOCAL, 0, "<I", 0), "cannot be unpacked"),
    "bzip2": (_packed_as(zipfile.ZIP_BZIP2), "packed with bzip2"),
    "lzma": (_packed_as(zipfile.ZIP_LZMA), "packed with LZMA"),
    "tightly packed": (_tight, "times smaller"),
    "nested ZIP": (lambda path: honest(path, {"ants/inner.zip": _inner()}), "an archive inside"),
    "nested ZIP in disguise": (lambda path: honest(path, {"ants/inner.png": _inner()}), "not an image"),
    "empty image": (lambda path: honest(path, {"ants/empty.png": b""}), "an empty file"),
    "terminal codes in names": (lambda path: honest(path, {"ants/\x1b[31mred\n.txt": b"x"}), "not an image"),
    "names that turn around": (lambda path: honest(path, {"ants/\u202egnp.exe": b"x"}), "not an image"),
    "names that differ by case": (lambda path: honest(path, {"ants/A.png": image(), "ants/a.png": image()}), ""),
    "names that differ by form": (
        lambda path: honest(path, {"ants/\u00e9.png": image(), "ants/e\u0301.png": image()}), ""),
    "a file that is a folder, too": (lambda path: honest(path, {"ants/0.png/x.png": image()}), ""),
    "dots and double slashes": (lambda path: honest(path, {"./ants//./dotted.png": image()}), ""),
    "what a Mac leaves": (lambda path: honest(path, {"ants/Icon\r": b"", "__MACOSX/ants/._0.png": b"x"}), ""),
    "zero byte in a name": (_named("ants/zero.png\0.txt"), ""),
}  # fmt: skip
