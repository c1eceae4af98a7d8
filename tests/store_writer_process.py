"""A writer to be killed: records events and tells each one that is committed on its stdout.

Usage: python store_writer_process.py FOLDER BOOT_ID
"""

from __future__ import annotations

import sys
from pathlib import Path

from store_rows import ORIGIN, SMALL, spasm, stamp

from edgekit.serve.store.recorder import Recorder


def main() -> None:
    folder, boot_id = sys.argv[1:]
    recorder = Recorder(Path(folder), SMALL)
    event_id = recorder.open(stamp(boot_id=boot_id), ORIGIN).restore.next_event_id
    recorder.start(lambda: None)
    while True:
        if recorder.record([spasm(event_id, boot_id=boot_id)], wait_s=5):
            sys.stdout.write(f"{event_id}\n")
            sys.stdout.flush()
            event_id += 1


if __name__ == "__main__":
    main()
