"""Run guardrift as ``python -m guardrift``."""

from guardrift import main

if __name__ == "__main__":
    main()
