"""What a closer look at single steps shows: the size of its gradient and of its update, and dead units."""

from core.training.metrics.spec import SHARES, ChartAxis, MetricSpec

SMALL = ChartAxis(".2~g", "%{y:.3~g}", log=True, log_tick=".0~e", from_zero=True)

SPECS = (
    MetricSpec(
        "gradient_norm",
        "Gradient norm",
        help="The length of the gradient of a step. It grows without end before a run diverges; near zero nothing is "
        "learned any more.",
        axis=SMALL,
        family="Gradients",
        of_steps=lambda steps: steps.gradient_norm,
        order=120,
    ),
    MetricSpec(
        "update_ratio",
        "Update ratio",
        help="How far a step moves the weights, compared with their size. About 0.001 is usual: far more is a learning "
        "rate that is too high, far less one that is too low.",
        format="rate",
        axis=SMALL,
        family="Gradients",
        of_steps=lambda steps: steps.update_ratio,
        order=121,
    ),
    MetricSpec(
        "dead_relus",
        "Dead units",
        unit="% of ReLU units",
        help="Units behind a ReLU (of a convolution its channels) that were zero for every image of the batch. They "
        "learn nothing from it.",
        direction="lower",
        format="percent",
        axis=SHARES,
        family="Gradients",
        of_steps=lambda steps: steps.dead_relus,
        order=122,
    ),
)
