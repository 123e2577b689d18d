"""The pages of the app, in the order of the sidebar: a page is its file and a line here."""

from collections.abc import Callable
from dataclasses import dataclass

from core.locale import _


@dataclass(frozen=True)
class Page:
    """One page: its file, relative to app.py; its title, which is its name in the sidebar; and its sign there."""

    file: str
    title: Callable[[], str]
    icon: str


HOME = Page("app.py", lambda: _("Home"), ":material/home:")
DATA = Page("pages/1_Data.py", lambda: _("Data"), ":material/image:")
TRAIN = Page("pages/2_Train.py", lambda: _("Train"), ":material/model_training:")
COMPARE = Page("pages/3_Compare.py", lambda: _("Compare"), ":material/compare_arrows:")
PREDICT = Page("pages/5_Predict.py", lambda: _("Predict"), ":material/draw:")

PAGES = (HOME, DATA, TRAIN, COMPARE, PREDICT)
