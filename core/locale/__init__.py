"""Words for people, apart from the code that decides: messages with values become sentences when they are shown."""
