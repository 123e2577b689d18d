"""The learning rate, as its schedule moves it."""

from core.training.metrics.spec import ChartAxis, MetricSpec

SPECS = (
    MetricSpec(
        "lr",
        "Learning rate",
        help="The factor of each step that the optimizer takes.",
        format="rate",
        # Powers of ten of a learning rate are short only as such: 0.000001 would not fit beside its axis.
        axis=ChartAxis(".2~g", "%{y:.3~g}", log=True, log_tick=".1~e", from_zero=True),
        of_steps=lambda steps: steps.lr,
        order=2,
    ),
)
