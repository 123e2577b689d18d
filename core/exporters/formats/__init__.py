"""One module a form of export; each exports `SPECS`."""
