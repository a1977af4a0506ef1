"""Recordings and what is said in them: read, heard, answered, compared."""
