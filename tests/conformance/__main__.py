"""`python -m tests.conformance FOLDER`: every exchange of the tests against Twilio's documents, in that folder.

`nox -s conformance` fetches the documents and runs this. Further arguments are pytest's; then not all tests
may run, and what is not met is not held against the run.
Exit code 1: violations, stale exemptions, operations not covered. 2: it could not look.
"""

import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance import recorder, walk
from tests.conformance.documents import Missing, load, tighten
from tests.conformance.exchange import read
from tests.conformance.judge import Judge
from tests.conformance.tally import Tally

PROJECT = Path(__file__).parent.parent.parent
PROCESSES = 2


def run_tests(folder: Path, arguments: Sequence[str]) -> int:
    """The tests and the checks, each exchange of theirs recorded."""
    hook = recorder.install(Path(sysconfig.get_path("purelib")), PROJECT, folder)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        str(PROCESSES),
        *(arguments or ("tests", "checks")),
    ]
    try:
        return subprocess.run(command, cwd=PROJECT, check=False).returncode
    finally:
        hook.unlink()


def judge_share(share: int, folder: Path, specifications: Path) -> Tally:
    """Every n-th exchange of all files."""
    judge, tally = Judge(map(tighten, load(specifications))), Tally()
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as lines:
            for number, line in enumerate(lines):
                if number % PROCESSES != share:
                    continue
                try:
                    exchange = read(line)
                except ValueError:
                    tally.cut += 1
                    continue
                tally.add(judge, exchange)
    return tally


def look(specifications: Path, arguments: Sequence[str]) -> tuple[int, Tally]:
    """How the tests ended, and what their exchanges came to."""
    load(specifications)
    with TemporaryDirectory(prefix="conformance-") as name:
        folder, tally = Path(name), Tally()
        code = run_tests(folder, arguments)
        with ProcessPoolExecutor(PROCESSES) as pool:
            for part in pool.map(judge_share, range(PROCESSES), repeat(folder), repeat(specifications)):
                tally.merge(part)
    return code, tally


def main(folder: str, *arguments: str) -> int:
    try:
        code, tally = look(Path(folder), arguments)
    except Missing as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    offered = walk.operations()
    sys.stdout.writelines(f"{line}\n" for line in tally.lines(offered))
    return verdict(code, tally, offered, is_whole=not arguments)


def verdict(code: int, tally: Tally, offered: Sequence[str], *, is_whole: bool) -> int:
    """What the run comes to, with a sentence for what the report does not say alone."""
    if code:
        sys.stderr.write("Tests failed, so this was not the whole suite: fix them, and run this again.\n")
        return 2
    wrong = bool(tally.wrong)
    if is_whole:
        for row in tally.stale():
            sys.stderr.write(f"This exemption meets nothing any more, take it out: {row.reason}\n")
        wrong = wrong or bool(tally.stale()) or tally.misses(offered)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
