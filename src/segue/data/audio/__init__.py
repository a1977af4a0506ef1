"""Recordings: files of sound, lists of what is said in them, and what a network hears of them."""
