"""Entry point of `python -m i2i_core`."""

import sys

from i2i_core.cli.main import main

sys.exit(main())
