"""Tables to plotly figures; the only place that imports plotly. It decides how things look, never what they are."""
