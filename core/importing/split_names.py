"""Which split a folder's name means, in the ways in which data sets name their folders: `train`, `Training Set`,
`seg_train`, `val2017`, `test_images`, `traindata`, `训练集`, `обучающая`; and what else it says: `train_cats`."""

import re
from collections.abc import Iterable
from unicodedata import combining, normalize

SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "trainval": "train",  # both parts together, beside a test set
    "trn": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "validating": "val",
    "vld": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
    "tst": "test",
    "eval": "test",
    "evaluation": "test",
    "holdout": "test",
}
# What a word of these is written together with: `traindata`, `testimages`, `Trainingsdaten`.
TOGETHER = re.compile(
    rf"({'|'.join(SPLIT_WORDS)})(?:(?:data)?sets?|data|images?|imgs?|pics|folder|dir|s?(?:daten|bilder|menge|set))?"
)
# How a word begins in other languages, without accents. Chinese, Japanese and Korean are written without spaces
# between, so for them a part of the name is enough.
BEGINNINGS = {
    "train": ("entrenamiento", "entrainement", "apprentissage", "treino", "treinamento", "addestramento", "egitim",
              "trening", "trainen", "обуч", "трениров", "навчальн", "تدريب"),
    "val": ("validac", "validier", "validaz", "valide", "dogrulama", "walidac", "валидац", "проверочн", "تحقق"),
    "test": ("prueba", "pruf", "essai", "teste", "testo", "тест", "اختبار"),
}  # fmt: skip
PARTS = {
    "train": ("训练", "訓練", "学習", "學習", "학습", "훈련"),
    "val": ("验证", "驗證", "検証", "검증"),
    "test": ("测试", "測試", "テスト", "테스트", "시험", "評価"),
}
PICTURES = {"image", "images", "img", "imgs", "jpegimages", "original", "originals", "photo", "photos", "picture",
            "pictures", "frame", "frames", "scan", "scans", "input", "inputs", "rgb", "color", "colour"}  # fmt: skip
MASKS = {"mask", "masks", "msk", "label", "labels", "annotation", "annotations", "annot", "groundtruth", "truth", "gt",
         "segmentation", "segmentations", "seg", "target", "targets", "output", "outputs", "depth"}  # fmt: skip
UPPER, LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ɏ"  # Latin letters
WORDS = re.compile(rf"[{UPPER}]+(?![{LOWER}])|[{UPPER}]?[{LOWER}]+|\d+|[^\W\d_{UPPER}{LOWER}]+")


def split_named(name: str) -> str | None:
    """`train`, `val` or `test`, if the name means one split and no other."""
    found = {split for split, parts in PARTS.items() if any(part in name for part in parts)}
    found |= {split for word in words_of(name) if (split := split_of_word(word))}
    return found.pop() if len(found) == 1 else None


def split_of_word(word: str) -> str | None:
    """The split that a word means, in lower case and without accents."""
    if match := TOGETHER.fullmatch(word):
        return SPLIT_WORDS[match[1]]
    return next((split for split, beginnings in BEGINNINGS.items() if word.startswith(beginnings)), None)


def class_beside_split(name: str) -> str:
    """What a name says beside a split: `train_cats` → cats, `testA` → A; "" if that is nothing, or a number."""
    kept = [word for word in WORDS.findall(name) if not split_of_word(_bare(word))]
    return " ".join(kept) if any(not word.isdigit() for word in kept) else ""


def hold_masks(names: Iterable[str]) -> bool:
    """Whether these folders beside one another look like images and their masks: `images` and `ground_truth`, `x-ray`
    and `x-ray_mask`."""
    said = [set(words_of(name)) for name in names]
    masks = [words for words in said if words & MASKS]
    pictures = [words for words in said if words & PICTURES or any(words and words < mask for mask in masks)]
    return bool(masks) and any(words not in masks for words in pictures)


def words_of(name: str) -> list[str]:
    """The words of a name in lower case, without accents: `TrainImages_2017` → train, images, 2017."""
    return [_bare(word) for word in WORDS.findall(name)]


def _bare(word: str) -> str:
    return "".join(part for part in normalize("NFD", word.lower()) if not combining(part))
