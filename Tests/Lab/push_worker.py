"""A worker that writes numbered lines to a spool and sends them, for test_push.py to kill.

    push_worker.py NAME LINES    then lives until it is killed; the rest is in SIDELIGHT_*
"""

import sys
import time

from standalone import import_callback

name, count = sys.argv[1], int(sys.argv[2])
callback = import_callback()
callback.POLL_SECONDS = callback.ROTATE_SECONDS = 0.005
callback.SEGMENT_BYTES = 20_000
callback.BATCH_BYTES = 5_000
writer = callback.sidelight._writer
for number in range(count):
    writer.write({"id": f"{name}-{number}", "filler": "x" * 100})
    if number % 20 == 19:
        time.sleep(0.001)
print("written", flush=True)
time.sleep(60)
