"""Tags for the words of a sentence: parts of speech, names, phrases, slots."""
