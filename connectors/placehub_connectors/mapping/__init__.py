"""The mapping language: an outside system's rows and the hub's events, both ways, told in one TOML file."""
