"""Progress in words."""

from core.datasets.progress import PrepareProgress
from pages.components.preparing import progress_fraction, progress_text


def test_progress_in_words() -> None:
    images = PrepareProgress("reading images", 1200, 60000, "images")
    assert progress_text(images, 3.0) == "Reading images: 1\u202f200 of 60\u202f000, 3.0 s left"
    assert (
        progress_text(PrepareProgress("downloading", 2_500_000, 10_000_000, "bytes"), None)
        == "Downloading: 2.5 of 10.0 MB"
    )
    assert progress_text(PrepareProgress("connecting", 0, 0, "bytes"), None) == "Connecting"
    assert progress_text(None, None) == "Starting"


def test_the_bar_never_overflows() -> None:
    assert progress_fraction(PrepareProgress("reading", 3, 2, "images")) == 1
    assert progress_fraction(PrepareProgress("reading", 1, 4, "images")) == 0.25
    assert progress_fraction(PrepareProgress("reading", 1, 0, "images")) == progress_fraction(None) == 0
