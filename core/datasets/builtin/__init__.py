"""One module a family of data sets; each exports `SPECS`, and the catalogue finds it."""
