"""How the accuracy falls when the images are disturbed, with a picture of each strength."""

import streamlit as st

from core import formatting
from core.charts.robustness import robustness_chart
from core.insight.disturbances import DISTURBANCES
from core.insight.evaluation_job import DisturbedJob, part_name
from core.insight.robustness import MAX_IMAGES, find
from core.locale import _, translate
from pages.components.chart import live_chart
from pages.components.image_grid import Cell, image_grid
from pages.components.job_controls import job_controls
from pages.components.linked_select import linked_select
from pages.inspect.inspected import Inspected


def robustness_part(inspected: Inspected) -> None:
    """The curve of the chosen kind of disturbance, or the button that has it worked out."""
    st.markdown(_("**How accurate is it on disturbed images?**"))
    kind = linked_select(
        _("Disturbed by"), list(DISTURBANCES), "under", title=lambda name: translate(DISTURBANCES[name].title)
    )
    run = inspected.run
    checkpoint = inspected.lab.files.checkpoint(run.id, inspected.which)
    found = find(checkpoint, part_name(inspected.asked), kind, inspected.version(run))
    if found is None or found.fingerprint != inspected.prepared.meta.fingerprint:
        words = _(
            "The model is shown up to {most:count} of the images at several strengths, and the curve is kept with the "
            "run.",
            most=MAX_IMAGES,
        )
        job = DisturbedJob(run, inspected.asked, inspected.which, kind, inspected.lab.workspace)
        job_controls([job], _("Disturb the images"), words, key="disturb")
        return
    shares = [formatting.percent(one.accuracy, 1) for one in found.points]
    told = [f"{one.strength:g}: {share}" for one, share in zip(found.points, shares, strict=True)]
    label = _("Accuracy by strength: {values}", values=", ".join(told))
    live_chart(robustness_chart(found), label, key="robustness")
    cells = [
        Cell(
            image,
            f"{one.strength:g}: {share}",
            _("The first image at a strength of {strength:g}", strength=one.strength),
        )
        for image, one, share in zip(found.samples, found.points, shares, strict=True)
    ]
    image_grid(cells, width=84, label=_("The same image at each strength"), key="disturbed")
    st.caption(
        _(
            "Of {total:count} images; one of them is shown at each strength, with the accuracy. A model copes better "
            "with what augmentation changed in its training.",
            total=found.points[0].total,
        )
    )
