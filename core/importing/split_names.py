"""Which split a folder's name means, in the ways in which data sets name their folders: `train`, `Training Set`,
`seg_train`, `val2017`, `test_images`, `traindata`, `训练集`."""

import re

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "trainval": "train",  # both parts together, beside a test set
    "trn": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "tst": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
}
# What a word of these is written together with: `traindata`, `testimages`.
TOGETHER = re.compile(rf"({'|'.join(SPLIT_WORDS)})(?:(?:data)?sets?|data|images?|imgs?|pics|folder|dir)?")
# Chinese is written without spaces: a part of the name is enough.
CHINESE = {"训练": "train", "訓練": "train", "验证": "val", "驗證": "val", "测试": "test", "測試": "test"}
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


def split_named(name: str) -> str | None:
    """`train`, `val` or `test`, if the name means one split and no other."""
    found = {split for part, split in CHINESE.items() if part in name}
    found |= {SPLIT_WORDS[match[1]] for word in words_of(name) if (match := TOGETHER.fullmatch(word))}
    return found.pop() if len(found) == 1 else None


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: `TrainImages_2017` → train, images, 2017."""
    return [word.lower() for word in WORDS.findall(name)]
