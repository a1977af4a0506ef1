"""Translation: sequences to sequences, by an encoder, attention and a decoder."""
