"""The markup of pictures."""

import base64
import io

import numpy as np
from PIL import Image

from pages.components.image_grid import THUMBNAIL_PX, Cell, data_uri, figure_html


def decoded(uri: str) -> tuple[str, Image.Image]:
    kind, content = uri.removeprefix("data:image/").split(";base64,")
    return kind, Image.open(io.BytesIO(base64.b64decode(content)))


def test_a_small_picture_is_sent_exactly() -> None:
    for channels in (1, 3):
        pixels = np.random.default_rng(0).integers(0, 256, (28, 20, channels), np.uint8)
        kind, picture = decoded(data_uri(pixels))
        assert kind == "png"
        assert (np.asarray(picture).reshape(pixels.shape) == pixels).all()


def test_a_photograph_is_sent_as_a_thumbnail_of_the_same_shape() -> None:
    kind, picture = decoded(data_uri(np.full((300, 600, 3), 90, np.uint8)))
    assert (kind, picture.size) == ("jpeg", (THUMBNAIL_PX, THUMBNAIL_PX // 2))


def test_a_mapped_slice_can_be_sent() -> None:
    pixels = np.zeros((4, 8, 8, 3), np.uint8)
    pixels.flags.writeable = False
    assert decoded(data_uri(pixels[1][:, ::-1]))[1].size == (8, 8)


def test_captions_and_alternative_text_are_escaped() -> None:
    markup = figure_html(Cell(np.zeros((8, 8, 1), np.uint8), "<script>", 'a "quoted" <b>'))
    assert "&lt;script&gt;" in markup
    assert 'alt="a &quot;quoted&quot; &lt;b&gt;"' in markup
    assert "<script>" not in markup


def test_a_long_caption_is_cut_and_told_whole() -> None:
    markup = figure_html(Cell(np.zeros((8, 8, 1), np.uint8), "w" * 10**4, ""))
    assert f'<figcaption title="{"w" * 299}…">' in markup
    assert "title" not in figure_html(Cell(np.zeros((8, 8, 1), np.uint8), "3", ""))


def test_right_and_wrong_are_marked_and_small_pictures_enlarged_in_squares() -> None:
    small, large = np.zeros((8, 8, 1), np.uint8), np.zeros((100, 100, 3), np.uint8)
    assert '<figure class="right">' in figure_html(Cell(small, "", "", True))
    assert '<figure class="wrong">' in figure_html(Cell(small, "", "", False))
    assert "<figure>" in figure_html(Cell(small, "", ""))
    assert 'class="tiny"' in figure_html(Cell(small, "", ""))
    assert 'class="tiny"' not in figure_html(Cell(large, "", ""))


def test_with_a_name_a_picture_is_a_button() -> None:
    cell = Cell(np.zeros((8, 8, 1), np.uint8), "3", "three")
    assert '<button type="button" data-name="17" aria-pressed="true"><img' in figure_html(cell, 17, opened=True)
    assert 'aria-pressed="false"' in figure_html(cell, 17) and "<button" not in figure_html(cell)
