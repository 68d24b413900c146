"""A worker that writes numbered lines to a spool and sends them, for test_push.py to kill.

    push_worker.py NAME LINES

Prints the number of lines written so far, then lives on; the rest is in SIDELIGHT_*.
"""

import sys
import time

from standalone import import_callback

name, count = sys.argv[1], int(sys.argv[2])
callback = import_callback()
callback.POLL_SECONDS = callback.ROTATE_SECONDS = 0.005
callback.REOPEN_CHECK_SECONDS = 0.02
callback.MAX_DELAY = 0.02
callback.SEGMENT_BYTES = 20_000
callback.BATCH_BYTES = 5_000
writer = callback.sidelight._writer
for number in range(1, count + 1):
    writer.write({"id": f"{name}-{number}", "filler": "x" * 100})
    print(number, flush=True)
    if number % 20 == 0:
        time.sleep(0.001)
time.sleep(60)
