"""The forms in which a trained model leaves, by name, and weights files that come back as runs."""

from core.exporters.spec import EXPORTERS, ExporterSpec

__all__ = ["EXPORTERS", "ExporterSpec"]
