"""The command line, `python -m core …`, over the same core as the pages."""
