"""From a network that says what may follow to a sequence."""
