"""`python -m futel_twilio.sandbox`: the sandbox as a process of its own, until SIGINT or SIGTERM."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from futel_twilio.sandbox import faults
from futel_twilio.sandbox.server import Sandbox


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m futel_twilio.sandbox",
        description=__doc__,
        epilog=faults.described(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="0 (the default) takes a free one")
    parser.add_argument("--state", default=":memory:", metavar="FILE", help="default: nothing is kept")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="added to every answer")
    parser.add_argument(
        "--account", action="append", default=[], metavar="SID:SECRET", help="may be repeated"
    )
    parser.add_argument("--credentials-per-list", type=int, default=1000, metavar="N")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="RULE", help="may be repeated; see below"
    )
    parser.add_argument("--seed", type=Path, metavar="FILE", help="what GET /_sandbox/dump gave")
    return parser.parse_args(argv)


def _seed(box: Sandbox, file: Path | None) -> None:
    if file is None:
        return
    try:
        box.seed(json.loads(file.read_text()))
    except BaseException:
        box.stop()
        raise


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    given = _arguments(argv)
    try:
        box = Sandbox(given.state, given.port, given.latency, given.account, given.credentials_per_list)
        for rule in given.fault:
            box.set_fault(faults.parse(rule))
        box.prepare()
        _seed(box, given.seed)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        sys.stdout.write(f"listening on {box.url}\n")
        sys.stdout.flush()
        box.serve_forever()
    except KeyboardInterrupt:
        box.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
