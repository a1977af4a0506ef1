"""How fast the engine is beside its peers: `segue bench`."""
