"""How a run's probabilities are given: the temperature that the logits are divided by, and the probability from which
on an answer counts. Both belong to one version of a checkpoint and are kept beside it."""

from pathlib import Path

from pydantic import Field

from core.files import atomic
from core.files.checkpoint_names import which_of
from core.settings.fields import Settings


class Confidence(Settings):
    """As trained, unless a person has said otherwise."""

    temperature: float = Field(1.0, gt=0, le=1000)
    threshold: float = Field(0.0, ge=0, le=1)  # below it the answer is "none of these"; 0: every answer counts
    version: str = ""  # of the checkpoint


PLAIN = Confidence()


def kept_confidence(checkpoint: Path) -> Confidence:
    """What is kept for these weights; `PLAIN` where nothing is, as after more training."""
    try:
        kept = Confidence.model_validate_json(confidence_file(checkpoint).read_bytes())
    except (OSError, ValueError):
        return PLAIN
    return kept if kept.version == atomic.file_identity(checkpoint) else PLAIN


def keep_confidence(checkpoint: Path, *, temperature: float | None = None, threshold: float | None = None) -> None:
    """Change one or both for these weights. Raises `Unwritable` when the disk refuses."""
    given = {"temperature": temperature, "threshold": threshold}
    asked = {name: value for name, value in given.items() if value is not None}
    values = kept_confidence(checkpoint).model_dump() | asked | {"version": atomic.file_identity(checkpoint)}
    atomic.write(Confidence(**values).model_dump_json().encode(), confidence_file(checkpoint))


def confidence_file(checkpoint: Path) -> Path:
    return checkpoint.with_name(f"confidence-{which_of(checkpoint)}.json")
