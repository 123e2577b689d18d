"""Several runs in one ZIP: the weights of each and the settings beside them."""

import io
import zipfile
from collections.abc import Sequence

from core.exporters.export import card_beside, loaded, require
from core.exporters.spec import EXPORTERS, card_name, settings_name
from core.files.paths import Workspace
from core.runs.naming import model_file_name
from core.runs.store import Run
from core.training import checkpoint


def export_many(runs: Sequence[Run], workspace: Workspace, exporter: str, which: str = checkpoint.LAST) -> bytes:
    """A ZIP with the weights of each run in the form of one exporter, and its RunConfig (.json) and a model card (.md)
    beside them. `Problem` names a run whose checkpoint is not there or cannot be read."""
    require(exporter)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:  # numbers hardly become smaller
        for run in runs:
            file = EXPORTERS[exporter].file_name(model_file_name(run.name, run.id, which))
            exported = loaded(run, workspace, which)
            archive.writestr(file, EXPORTERS[exporter].write(exported))
            archive.writestr(settings_name(file), run.config.to_json())
            archive.writestr(card_name(file), card_beside(exported, file))
    return content.getvalue()
