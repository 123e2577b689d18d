"""What a person waits for in the browser, measured in one: see `benchmarks.pages`."""
