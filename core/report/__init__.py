"""A report: one HTML file that says of a run, or of several beside each other, what was asked and what came of it."""
