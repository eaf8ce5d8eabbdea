"""A worker that offers `words.count` (catalogs/words.yaml) for the text files of a folder.

Exit codes: 0 it was stopped, 2 the arguments are wrong, 5 the engine refuses the worker.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import sys
import threading
from collections import Counter
from pathlib import Path

import grpc

import api
import refusals
from session import Attempt, Failed, Session

STOPPED, WRONG, REFUSED = 0, 2, 5


class Words:
    """Counts words, in files of one folder only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def count(self, attempt: Attempt, given: dict) -> dict:
        """The handler of `words.count`."""
        lines, counts = 0, Counter()
        with self._open(given["file"]) as text:
            for line in text:
                attempt.check()
                attempt.heartbeat()
                lines += 1
                counts.update(re.findall(r"\w+", line.lower()))
        most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        top = [{"word": word, "count": count} for word, count in most[: given.get("top", 0)]]
        return {"lines": lines, "words": counts.total(), "top": top}

    def _open(self, name: str):
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder):
            raise Failed("FILE_NOT_FOUND", f"{name} is not in the worker's folder")
        try:
            return path.open(encoding="utf-8", errors="replace")
        except OSError as error:
            raise Failed("FILE_NOT_FOUND", f"{name}: {error.strerror}") from error


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="where the files are; here by default")
    parser.add_argument("--concurrency", type=int, default=4, metavar="N", help="attempts at once, 4 by default")
    return parser.parse_args()


def stop_on_signals(session: Session) -> None:
    """The first signal lets the worker end what it has, the second one ends it at once."""

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        # A handler of a signal interrupts whatever holds the session's lock.
        threading.Thread(target=session.stop).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def main() -> int:
    arguments = read_arguments()
    endpoints = os.environ.get("GOALPOST_ENGINE", "http://127.0.0.1:50053").split(",")
    try:
        engines = [api.channel(endpoint) for endpoint in endpoints]
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return WRONG
    handlers = {"words.count": Words(arguments.folder).count}
    session = Session(socket.gethostname(), handlers, arguments.concurrency)
    stop_on_signals(session)
    try:
        session.run(engines)
    except grpc.RpcError as error:
        print(f"error: {refusals.text(error)}", file=sys.stderr)
        return REFUSED
    finally:
        for engine in engines:
            engine.close()
    return STOPPED


if __name__ == "__main__":
    sys.exit(main())
