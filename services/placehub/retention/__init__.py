"""How long what is held of a child is kept: holds, erasure by two people, and what runs out by itself."""
