"""What can be set: fields that describe themselves (`fields`), entries found by their names (`registry`), and settings
read with the class of the entry they choose (`entries`, `parsing`)."""
