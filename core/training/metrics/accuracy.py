"""The accuracy: the share of images that are answered correctly."""

from core.training.metrics.spec import SHARES, MetricSpec

SPECS = (
    MetricSpec(
        "accuracy",
        "Accuracy",
        unit="% of images",
        short="acc.",
        help="Images whose likeliest class is the true one. Where classes are of unequal size, a model that always "
        "answers the largest one looks better than it is.",
        direction="higher",
        format="percent",
        axis=SHARES,
        of_steps=lambda steps: steps.correct / steps.images,
        in_score=True,
        drawn_at_once=True,
        order=1,
    ),
)
