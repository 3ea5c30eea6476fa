"""Open the assistant's page: the same as `python -m assistant serve`, flags alike."""

import sys

from assistant.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
