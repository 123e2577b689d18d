"""What can be set: fields that describe themselves (`fields`), and entries found by their names (`registry`)."""
