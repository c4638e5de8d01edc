"""`python -m placehub` is the same as `placehub`."""

from placehub.cli import main

if __name__ == "__main__":
    main()
