"""The pages of the app, in the order of the sidebar: a page is its file and a line here."""

from dataclasses import dataclass

from core.locale import N_


@dataclass(frozen=True)
class Page:
    """One page: its file, relative to app.py; its title, which is its name in the sidebar; and its sign there."""

    file: str
    title: str
    icon: str


HOME = Page("app.py", N_("Home"), ":material/home:")
DATA = Page("pages/1_Data.py", N_("Data"), ":material/image:")
TRAIN = Page("pages/2_Train.py", N_("Train"), ":material/model_training:")
COMPARE = Page("pages/3_Compare.py", N_("Compare"), ":material/compare_arrows:")
INSPECT = Page("pages/4_Inspect.py", N_("Inspect"), ":material/troubleshoot:")
PREDICT = Page("pages/5_Predict.py", N_("Predict"), ":material/draw:")

PAGES = (HOME, DATA, TRAIN, COMPARE, INSPECT, PREDICT)
