"""The supervisor, with an end that is asked at the worst moment: a child has been born and nobody has noted it yet.

    STRUCK_AT=WORDS python -m tests.config.struck_supervisor

WORDS are some of the child's command line.
"""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import psutil

from config.supervisor import main

born = subprocess.Popen.__init__


def born_and_struck(self: subprocess.Popen[bytes], words: list[str], *others: Any, **more: Any) -> None:
    if any(str(word).startswith("--pdeathsig=") for word in words[:2]):
        words = words[2:]  # as on a machine without that courtesy, which would hide what was left
    born(self, words, *others, **more)
    if os.environ["STRUCK_AT"] in " ".join(map(str, words)):
        while psutil.Process(self.pid).name() == "setpriv":
            time.sleep(0.001)  # it is not yet what it is to become
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    subprocess.Popen.__init__ = born_and_struck  # type: ignore[assignment, method-assign]
    sys.exit(main())
