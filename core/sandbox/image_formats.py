"""The kinds of image files that are read: one list for folders, ZIPs, uploads and the command line."""

from importlib.util import find_spec
from pathlib import PurePosixPath

from core.locale import N_

# Pillow's name of a format → how the names of such files end, the usual ending first.
ENDINGS = {
    "JPEG": (".jpg", ".jpeg", ".jfif", ".jpe", ".pjpeg", ".pjp"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "AVIF": (".avif",),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
FORMATS = tuple(ENDINGS)
HEIC_ENDINGS = (".heic", ".heif", ".hif")  # read where the extra `heic` is installed
IMAGE_ENDINGS = (*(ending for endings in ENDINGS.values() for ending in endings), *HEIC_ENDINGS)
# Endings of files that often lie beside images and are none: a folder with nothing else is no class.
OTHER_ENDINGS = frozenset({
    ".csv", ".tsv", ".txt", ".md", ".rst", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".log",
    ".html", ".htm", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".py", ".ipynb", ".m", ".mat", ".npy", ".npz", ".pkl",
    ".h5", ".hdf5", ".pt", ".pth", ".onnx", ".db", ".sqlite", ".lst", ".names", ".data",
})  # fmt: skip
ARCHIVE_ENDINGS = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")

HAS_HEIC_DECODER = find_spec("pi_heif") is not None
NOT_AN_IMAGE = (
    N_("not an image (JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF, PPM)")
    if HAS_HEIC_DECODER
    else N_("not an image (JPEG, PNG, WebP, AVIF, TIFF, BMP, GIF, PPM)")
)
READ_HERE = (*FORMATS, *(["HEIC"] if HAS_HEIC_DECODER else []))
TIFF_OF_ANOTHER_KIND = N_("a TIFF of a kind that is not read here, such as floats of 16 or 64 bits or more than four "
                          "channels: save it as PNG, or in grey with floats of 32 bits")  # fmt: skip
HEIC = N_("a HEIC image, which is not read here: save it as JPEG (an iPhone does with Settings, Camera, Formats, Most "
          "Compatible), or have its decoder installed: pip install pi-heif")  # fmt: skip
# How the content of other kinds of pictures begins, and what they are.
OTHER_KINDS = (
    (b"\xff\x0a", N_("a JPEG XL image, which is not read here: save it as JPEG or PNG")),
    (b"\x00\x00\x00\x0cJXL ", N_("a JPEG XL image, which is not read here: save it as JPEG or PNG")),
    (b"8BPS", N_("a Photoshop file, which is not read here: save it as JPEG or PNG")),
    (b"%PDF", N_("a PDF, which is not read here: save its pages as PNG")),
    (b"<svg", N_("an SVG drawing, which has no pixels: save it as PNG")),
)
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")


def looks_like_image(name: str) -> bool:
    """Whether a file may be an image by its name: any that is not known to be something else."""
    return PurePosixPath(name).suffix.lower() not in OTHER_ENDINGS


def is_heic(content: bytes) -> bool:
    """Whether a file is a HEIC image by its beginning."""
    return content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS


def why_not_read(content: bytes) -> str:
    """What a file in none of the formats is, as a reason in a few words."""
    start = content[:512].lstrip()
    for beginning, words in OTHER_KINDS:
        if start.startswith(beginning):
            return words
    if start.startswith(b"<?xml") and b"<svg" in content[:4096]:
        return OTHER_KINDS[-1][1]
    return TIFF_OF_ANOTHER_KIND if content.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")) else NOT_AN_IMAGE
