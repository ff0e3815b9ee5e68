"""Compare the old runbook in Twilio's CLI with the commands that replace it, and with the possible minimum."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from futel_twilio import sandbox
from tests.bench.machine import INVOKE, NOTHING, PROJECT, Cost, Server, at, invoke, middle, run, serving
from tests.conftest import copy_estate

if TYPE_CHECKING:
    from collections.abc import Iterator

HOOK = Path(sandbox.__file__).parent / "hook.cjs"
LATENCIES = (0, 50, 100)
ROUNDS = 9
ENVIRONMENTS = ("stage", "prod")
DOMAINS = tuple(f"direct-futel-{kind}{env}" for env in ENVIRONMENTS for kind in ("", "nonemergency-"))
OLD, NEW = "https://old.example.com", "https://prod-2.example.com"
EMPTY = "from invoke import task\n\n\n@task\ndef empty(c):\n    {}\n"
TWILIO = "import twilio.rest.api.v2010.account"


@dataclass(frozen=True)
class Beside:
    """One comparison at one latency in milliseconds: the old commands, ours, and the minimum."""

    name: str
    latency: int
    old: Cost
    ours: Cost
    empty: float

    @property
    def times(self) -> float:
        """How many times faster than the old commands."""
        return self.old.wall / self.ours.wall

    @property
    def limit(self) -> float:
        """The minimum in seconds: an empty task and the round trips at this latency."""
        return self.empty + self.ours.trips * self.latency / 1000

    @property
    def over(self) -> float:
        """The time divided by the minimum."""
        return self.ours.wall / self.limit


class Cli:
    """Twilio's own CLI at a sandbox: the commands of the runbook, one after the other."""

    def __init__(self, modules: Path, directory: Path, server: Server) -> None:
        self.twilio = str(modules / ".bin" / "twilio")
        self.directory = directory
        self.server = server
        self.cost = NOTHING
        aimed = {"TWILIO_SANDBOX_URL": server.url, "NODE_OPTIONS": f"--require {HOOK}"}
        self.environment = {**at(server, directory), **aimed, "PATH": os.environ["PATH"]}

    def __call__(self, *words: str) -> list[dict[str, Any]]:
        cost, said = run([self.twilio, *words, "-o", "json"], self.directory, self.environment, self.server)
        self.cost += cost
        found: list[dict[str, Any]] = json.loads(said[said.index("[") :])
        return found

    def typed(self, line: str) -> list[dict[str, Any]]:
        """Run a command line and return its output."""
        return self(*line.split(" "))

    def set_up(self) -> Cost:
        """The 15 commands of the set-up, with a command in place of the step in the console."""
        for env in ENVIRONMENTS:
            url = f"https://{env}.example.com/dial_sip_e164"
            create = "api:core:applications:create --voice-method POST --voice-url"
            self.typed(f"{create} {url} --friendly-name incoming-{env}")
        sids = [self.typed(_domain(name))[0]["sid"] for name in DOMAINS]
        (phones,) = self.typed("api:core:sip:credential-lists:create --friendly-name sip-direct")
        for use in ("registrations", "calls"):
            create = f"api:core:sip:domains:auth:{use}:credential-list-mappings:create"
            for sid in sids:
                self.typed(f"{create} --domain-sid {sid} --credential-list-sid {phones['sid']}")
        return self.cost

    def promote(self) -> Cost:
        """The 8 commands of a promotion: two lists, and an update of each resource."""
        kinds = (("applications", "dial_sip_e164"), ("sip:domains", "dial_outgoing"))
        found = [(kind, path, self.typed(f"api:core:{kind}:list")) for kind, path in kinds]
        for kind, path, things in found:
            for one in things:
                self.typed(f"api:core:{kind}:update --sid {one['sid']} --voice-url {NEW}/{path}")
        return self.cost


def _domain(name: str) -> str:
    url = f"https://{name.rpartition('-')[2]}.example.com/dial_outgoing"
    emergency = "" if "nonemergency" in name else " --emergency-calling-enabled"
    return (
        f"api:core:sip:domains:create --domain-name {name}.sip.twilio.com --friendly-name {name} "
        f"--sip-registration --voice-method POST --voice-url {url}{emergency}"
    )


def empty_task(directory: Path, does: str = "pass") -> Path:
    """A directory with a tasks file that has one task."""
    folder = directory / f"empty-{len(does)}"
    folder.mkdir(exist_ok=True)
    (folder / "tasks.py").write_text(EMPTY.format(does))
    return folder


def start(directory: Path) -> dict[str, Cost]:
    """Measure in turns: an empty task, a task that loads Twilio's client, `--list` of an empty file and of ours."""
    folder, environment = empty_task(directory), {**os.environ, "HOME": str(directory)}
    loading = empty_task(directory, TWILIO)
    rows: dict[str, tuple[list[str], Path]] = {
        "an empty task": ([*INVOKE, "empty"], folder),
        "a task that loads Twilio's client": ([*INVOKE, "empty"], loading),
        "--list, empty": ([*INVOKE, "--list"], folder),
        "--list, ours": ([*INVOKE, "--search-root", str(PROJECT), "--list"], directory),
    }
    rounds = [
        {name: run(line, where, environment)[0] for name, (line, where) in rows.items()}
        for _ in range(ROUNDS)
    ]
    return {name: middle([one[name] for one in rounds]) for name in rows}


def compared(modules: Path, directory: Path, empty: float) -> Iterator[Beside]:
    """Measure set-up and promotion at each latency; ours is the median of several rounds, each on a fresh account."""
    copy_estate(directory)
    estate = directory / "estate.toml"
    text = estate.read_text()
    for latency in LATENCIES:
        with serving(latency) as server:
            yield _set_up(modules, directory, server, latency, empty)
            yield _promotion(modules, directory, server, latency, empty)
            estate.write_text(text)


def _set_up(modules: Path, directory: Path, server: Server, latency: int, empty: float) -> Beside:
    server.reset()
    old = Cli(modules, directory, server).set_up()
    ours = []
    for _ in range(ROUNDS):
        server.reset()
        ours.append(invoke("setup", directory, server))
    return Beside("set-up", latency, old, middle(ours), empty)


def _promotion(modules: Path, directory: Path, server: Server, latency: int, empty: float) -> Beside:
    """Promote six resources, all of which point to the old installation."""
    astray = server.dump()
    for one in astray["objects"]:
        if one["kind"] in {"application", "domain"}:
            one["body"]["voice_url"] = f"{OLD}/{one['body']['voice_url'].rpartition('/')[2]}"
    server.seed(astray)
    old = Cli(modules, directory, server).promote()
    ours, text = [], (directory / "estate.toml").read_text()
    for _ in range(ROUNDS):
        server.seed(astray)
        (directory / "estate.toml").write_text(text)
        command = f"promote --env prod --dialplans {NEW} --skip-rehearsal bench"
        ours.append(invoke(command, directory, server))
    return Beside("promotion", latency, old, middle(ours), empty)
