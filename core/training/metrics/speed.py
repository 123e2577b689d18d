"""The speed of training."""

from core.training.metrics.spec import ChartAxis, MetricSpec

SPECS = (
    MetricSpec(
        "images_per_second",
        "Speed",
        unit="images/s",
        help="Training images over the time of their steps, evaluation left out.",
        direction="higher",
        format="speed",
        axis=ChartAxis(",.3~r", "%{y:,.3~r}", from_zero=True),
        of_steps=lambda steps: steps.images / max(1e-9, steps.seconds),
        order=3,
    ),
)
