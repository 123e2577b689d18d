"""One module a family of models; each exports `SPECS`."""
