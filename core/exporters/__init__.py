"""The forms in which a trained model is exported, by name, and weights files that are imported as runs."""

from core.exporters.spec import EXPORTERS, ExporterSpec

__all__ = ["EXPORTERS", "ExporterSpec"]
