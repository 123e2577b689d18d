"""Names in ZIPs whose writers did not say how they wrote them."""

import struct
import zipfile
from pathlib import Path

import pytest

from core.importing.archive import Archive, encoding_note
from core.importing.zip_names import code_page

WORDS = {
    "gbk": ["苹果", "香蕉", "猫/狗", "训练集/苹果", "向日葵", "蒲公英", "红色 花", "蚂蚁/蜜蜂"],
    "cp932": ["りんご", "バナナ", "林檎/蜜柑", "ネコ", "蟻/蜂", "訓練/猫", "写真", "新しいフォルダー/犬"],
    "cp866": ["яблоки", "груши", "кошки/собаки", "Муравьи", "Пчёлы"],
    "cp437": ["Äpfel", "Birnen/Müller", "Käse", "Löwe", "Ñandú", "château/éléphant", "Straße", "ÄPFEL", "café"],
    "cp850": ["São Paulo", "maçã", "Ærø/blåbær", "Ørn"],
    "cp1252": ["Äpfel", "Käse", "café", "forêt", "piña", "maçã", "blåbær", "Löwe"],
    "cp852": ["żółw", "gruszka_żółta", "gęś", "łąka", "zając"],
    "cp1250": ["růže", "žába_zelená", "pták_černý", "ježek", "třešeň"],
    "cp1251": ["яблоки", "груши", "Кошки/Собаки", "муравьи", "пёс", "їжак"],
    "cp949": ["고양이", "강아지", "개", "사과/바나나", "훈련/장미"],
    "big5": ["蘋果", "香蕉", "貓/狗", "訓練集/鬱金香", "向日葵", "馬"],
    "utf-8": ["Äpfel", "苹果", "りんご", "яблоки", "사과", "А/Б", "α/β/γ", "Ä/Ö/Ü", "é/è/ê", "א/ב"],
}


@pytest.mark.parametrize(("page", "words"), [(page, one) for page, words in WORDS.items() for one in words])
def test_a_name_is_read_as_its_writer_meant_it(page: str, words: str) -> None:
    assert words.encode(page).decode(code_page([f"{words}/IMG_1.jpg".encode(page)])) == words


@pytest.mark.parametrize("page", WORDS)
def test_all_names_of_an_archive_are_read_alike(page: str) -> None:
    names = [word.encode(page) for word in WORDS[page]]
    found = code_page(names)
    assert [name.decode(found) for name in names] == WORDS[page]


def unsaid(path: Path, names: list[bytes], extra: bytes = b"") -> Path:
    """A ZIP with these names, as they are, without the sign that says UTF-8."""
    with zipfile.ZipFile(path, "w") as made:
        for number, _name in enumerate(names):
            member = zipfile.ZipInfo(f"{number:02}".ljust(40, "x"))
            member.extra = extra
            made.writestr(member, b"image")
    content = path.read_bytes()
    for number, name in enumerate(names):
        stand_in = f"{number:02}".ljust(40, "x").encode()
        content = content.replace(stand_in, name.ljust(40, b"_"))
    path.write_bytes(content)
    return path


def test_a_mac_and_a_windows_archive_give_the_names_that_were_seen_there(tmp_path: Path) -> None:
    mac = Archive(unsaid(tmp_path / "mac.zip", ["Äpfel/1.jpg".encode(), b"Birnen/1.jpg"]))
    assert [name.rstrip("_") for name in mac.names] == ["Birnen/1.jpg", "Äpfel/1.jpg"]
    assert mac.read(mac.names[1]) == b"image"
    japanese = Archive(unsaid(tmp_path / "ja.zip", ["表/1.jpg".encode("cp932"), "ソフト/1.jpg".encode("cp932")]))
    assert encoding_note(mac) == "" and "read as cp932. If a name looks wrong, unpack" in encoding_note(japanese)
    # The second byte of 表 and ソ is a backslash, and yet they are no folders.
    assert [name.rstrip("_") for name in japanese.names] == ["ソフト/1.jpg", "表/1.jpg"]


def test_info_zips_own_field_comes_first(tmp_path: Path) -> None:
    name = "Äpfel/1.jpg".encode()
    field = struct.pack("<HHBL", 0x7075, 5 + len(name), 1, 0) + name
    archive = Archive(unsaid(tmp_path / "field.zip", ["Žluťoučký/1.jpg".encode("cp852")], field))
    assert archive.names == ["Äpfel/1.jpg"]
