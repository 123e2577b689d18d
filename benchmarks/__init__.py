"""Speed, measured side by side; each module prints a table. See README.md in this folder."""
