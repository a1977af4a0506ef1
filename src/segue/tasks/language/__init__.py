"""Language models: what follows what, of units of any kind."""
