"""One server that experiments are tried on, with an account there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from twilio.rest import Client

from futel_twilio.errors import Rejected
from futel_twilio.sandbox.engine.tables import product_of
from futel_twilio.sandbox.experiments.lab import REFUSED, Lab
from futel_twilio.sandbox.experiments.observations import Scrubber
from futel_twilio.sandbox.experiments.traffic import Answer, Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from futel_twilio.config.connection import Connection
    from futel_twilio.parity.ledger import Ledger

PAGE = 1000


class Side:
    """An account at a server, as the experiments and the clean-up see it.

    Args:
        settings: which account, which server.
        mark: what everything that is made there carries.
        ledger: the record of what was created there.
        checkpoint: called before each request; raises when the run is to end.
        pause: seconds between two looks at what comes late; the first pause between two tries is half of it.
    """

    def __init__(
        self,
        settings: Connection,
        mark: str,
        ledger: Ledger,
        *,
        checkpoint: Callable[[], None],
        pause: float = 1.0,
    ) -> None:
        self.settings = settings
        self.mark = mark
        self.ledger = ledger
        self.number = ""
        self.pause = pause
        self.traffic = Traffic(
            mark,
            base=settings.url,
            notes=ledger,
            checkpoint=checkpoint,
            first_wait=pause / 2,
        )
        make: Any = Client  # its constructor is not typed
        self.client = make(
            settings.username,
            settings.secret,
            settings.account_sid,
            http_client=self.traffic,
            environment={"unused": "the client must not read the process environment"},
            edge=settings.edge or None,
            region=settings.region or None,
        )

    @property
    def root(self) -> str:
        """Where the account's own things begin."""
        return f"/2010-04-01/Accounts/{self.settings.account_sid}"

    def lab(self, counter: Iterator[int]) -> Lab:
        """What one experiment is given here."""
        scrub = Scrubber(self.settings.account_sid, self.settings.url)
        return Lab(self.client, self.traffic, self.mark, counter, scrub, number=self.number, pause=self.pause)

    def ask(self, method: str, path: str, **query: Any) -> Answer:
        """One request by its path below the host; `{account}` stands for the account."""
        place = path.format(account=self.root)
        self.client.request(method, f"https://{product_of(place)}.twilio.com{place}", params=query or None)
        return self.traffic.last

    def items(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page.

        Raises:
            Rejected: the list may not be read.
        """
        query: dict[str, Any] = {"PageSize": PAGE}
        while query:
            answer = self.ask("GET", path, **query)
            if answer.status >= REFUSED:
                body = answer.body if isinstance(answer.body, dict) else {}
                asked = f"GET {path.format(account='')}"
                raise Rejected(answer.status, int(body.get("code", 0)), str(body.get("message", "")), asked)
            yield from answer.body.get(key, [])
            query = dict(parse_qsl(urlsplit(_next_of(answer.body)).query))

    def lend(self, number: str) -> None:
        """Let the experiments, and whoever cleans up after them, change a phone number."""
        self.number = number
        self.traffic.lend(number)

    def close(self) -> None:
        self.traffic.close()


def _next_of(body: dict[str, Any]) -> str:
    """The address of the next page; empty on the last."""
    return str(body.get("next_page_uri") or (body.get("meta") or {}).get("next_page_url") or "")
