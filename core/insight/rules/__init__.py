"""The rule book: what the curves of a run say, and what to do. One module for each subject, each exporting its SPECS,
and those of other packages."""

from core.insight.rules.spec import Advice, Finding, RuleSpec, Statement
from core.settings.registry import Registry

__all__ = ["RULES", "Advice", "Finding", "RuleSpec", "Statement"]

RULES = Registry("rule", __name__, RuleSpec, key=lambda rule: rule.order)
