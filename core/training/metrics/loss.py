"""The loss: what training makes smaller."""

from core.training.metrics.spec import ChartAxis, MetricSpec

SPECS = (
    MetricSpec(
        "loss",
        "Loss",
        unit="nats",
        help="Mean of the cross-entropy over the images: the further the probability of the true class is from 1, the "
        "higher. A validation loss that rises while the training loss falls is overfitting.",
        direction="lower",
        format="loss",
        axis=ChartAxis(".4~g", "%{y:.4g}", log=True),
        of_steps=lambda steps: steps.loss_sum / steps.images,
        in_score=True,
        drawn_at_once=True,
        order=0,
    ),
)
