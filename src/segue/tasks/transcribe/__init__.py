"""Speech to text, whole recordings or live; and which of a few words was said."""
