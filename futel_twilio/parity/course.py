"""A run from start to end: read the account, show the plan, confirm, try, remove, compare, report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from futel_twilio.cli import console
from futel_twilio.errors import BadInput, FutelTwilioError, Refused
from futel_twilio.parity import census, loan, recordings, sweep, trial, words
from futel_twilio.parity.stop import Interrupted, Stop
from futel_twilio.sandbox.experiments.lab import REFUSED
from futel_twilio.sandbox.experiments.traffic import Unanswered

if TYPE_CHECKING:
    import argparse

    from futel_twilio.parity.side import Side
    from futel_twilio.sandbox.experiments.table import Experiment

RECORDINGS = Path("tests/recordings")
WELL, DIFFERENT, COULD_NOT = 0, 1, 2


@dataclass
class Course:
    """One run under way.

    Attributes:
        outcomes: the experiments so far.
        problems: why the run cannot succeed, a sentence each.
    """

    given: argparse.Namespace
    side: Side
    stop: Stop
    waiting: console.Spinner
    outcomes: list[trial.Outcome] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run(self) -> int:
        """Run it to its exit code."""
        self.waiting.start("looking at the account")
        there = census.take(self.side)
        self.waiting.stop()
        return self._clean(there) if self.given.clean else self._compare(there)

    def _compare(self, there: census.Census) -> int:
        means = self._means()
        chosen, lacking = trial.chosen(self.given.only, means)
        if not chosen and not lacking:
            raise BadInput("No experiment begins so.", "See their names with --list.")
        self._say(*words.before(self.side.settings, chosen, lacking, self._left(there)))
        if self.given.list:
            return WELL
        self._ask()
        self.stop.begin()
        before = self._begun(there, means)
        try:
            self._try(chosen, means)
        finally:
            with self.stop.shielded():
                self._end(before)
        return self._report()

    def _clean(self, there: census.Census) -> int:
        """Remove what an earlier run left, and compare with what it had found before."""
        left, head = self._left(there), dict(self.side.ledger.head)
        if not left and not head:
            self._say("Nothing is left of an earlier run.")
            return WELL
        self._say("These are removed, which an earlier run left:", *(f"  {path}" for path in left))
        self._ask()
        self.stop.begin()
        with self.stop.shielded():
            self._sweep(there)
            changed = census.changes(head.get("census", {}), census.take(self.side).prints) if head else []
        self.side.ledger.is_done = True
        if changed:
            self._say(
                "Since before that run, which may be others' doing:", *(f"  {line}" for line in changed)
            )
            return COULD_NOT
        self._say("The account is unchanged by that run." if head else "They are gone.")
        return WELL

    def _say(self, *lines: str) -> None:
        console.print_lines(*lines, stderr=self.given.json)

    def _ask(self) -> None:
        if not self.given.yes and not console.confirm("Go on?"):
            raise Refused("The answer was not yes. Nothing was made.", "Run it again and answer y to go on.")

    def _means(self) -> trial.Means:
        """What this run may use; whether the credentials have full power is asked of the server."""
        power = self.side.ask("GET", "{account}/Keys.json", PageSize=1).status < REFUSED
        given = self.given
        return trial.Means(power, given.with_number, limits=given.limits, new_account=given.new_account)

    def _left(self, there: census.Census) -> list[str]:
        """What an earlier run left, by its ledger and by the marks."""
        marked = [path for path in there.marked if sweep.is_makeable(path)]
        return sorted({*self.side.ledger.there(), *marked})

    def _sweep(self, there: census.Census) -> None:
        """Remove what an earlier run left, and give back what was lent to it."""
        lent = self.side.ledger.head.get("lent")
        if lent:
            self.side.lend(lent["number"])
            loan.give_back(self.side, lent["number"], lent["kept"])
        left = sweep.everything(self.side, there).left
        if left:
            raise Refused(
                "What an earlier run left could not be removed.",
                "Look at them in the Twilio console, and run it again with --clean.",
                tuple(f"{path}: {said}" for path, said in left.items()),
            )

    def _begun(self, there: census.Census, means: trial.Means) -> census.Census:
        """Clear away, note how everything is, and begin."""
        if self._left(there) or self.side.ledger.head:
            with self.stop.shielded():
                self._sweep(there)
            there = census.take(self.side)
        lent = trial.lend(self.side, means.number) if means.number else None
        head = {"mark": self.side.mark, "at": _now(), "census": there.prints, "lent": lent}
        self.side.ledger.begin(head)
        return there

    def _try(self, chosen: list[Experiment], means: trial.Means) -> None:
        by_key = self.side.settings.username.startswith("SK")
        self.waiting.start("beginning")
        mark = self.side.mark

        def tell(number: int, name: str) -> None:
            self.waiting.say(f"{number + 1} of {len(chosen)}: {name}")

        try:
            with trial.our_side(means, mark, by_key=by_key, checkpoint=self.stop.check) as ours:
                for outcome in trial.run(ours, self.side, chosen, tell):
                    self.outcomes.append(outcome)
        except Interrupted:
            self.problems.append("It was stopped before its end.")
        except (trial.OutOfReach, Unanswered) as error:
            self.problems.append(f"It ended early: {error}")
        self.waiting.say("removing what was made")

    def _end(self, before: census.Census) -> None:
        """Remove everything, read the account again, and report what changed. Keep the ledger if anything is left."""
        try:
            left = trial.tidy(self.side, sweep.PASSES).left
            after = census.take(self.side)
        except (Unanswered, FutelTwilioError) as error:
            self.problems.append(f"What was made may not all be gone ({error}). Run it again with --clean.")
            return
        changed = census.changes(before.prints, after.prints)
        self.problems += [
            f"{path} could not be removed: {said}. Run it with --clean." for path, said in left.items()
        ]
        self.problems += [f"Not as before: {line}." for line in changed]
        self.side.ledger.is_done = not left and not after.marked
        if not left and not changed:
            self._say(f"The account is unchanged: {len(after.prints)} things, digest {after.digest}.")

    def _report(self) -> int:
        """Keep the recordings, print the table, and give the exit code."""
        self.waiting.stop()
        self._record()
        if self.given.json:
            console.print_json(words.as_json(self.outcomes, self.problems))
        else:
            console.print_table(words.table(self.outcomes, "server" if self.side.settings.url else "Twilio"))
            console.print_lines(words.summary(self.outcomes))
        console.print_lines(*(f"! {problem}" for problem in self.problems), stderr=True)
        return self._code()

    def _code(self) -> int:
        if self.problems or any(one.failure for one in self.outcomes):
            return COULD_NOT
        return DIFFERENT if any(one.differences for one in self.outcomes) else WELL

    def _record(self) -> None:
        settings = self.side.settings
        folder = self.given.recordings or (None if settings.url else RECORDINGS)
        if folder is None or not self.outcomes:
            return
        source = recordings.OTHER if settings.url else recordings.TWILIO
        try:
            count = recordings.write(folder, self.outcomes, source, (settings.secret, settings.account_sid))
        except BadInput as error:
            self.problems.append(str(error))
        else:
            self._say(f"{count} recordings are in {folder}.")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
