"""The ledger of a parity run: what it says after a kill, and that it is one run's at a time."""

from pathlib import Path

import pytest

from futel_twilio.errors import Refused
from futel_twilio.parity.ledger import Ledger, file_for
from futel_twilio.sandbox.experiments.guard import KINDS

KIND = next(kind for kind in KINDS if kind.name == "credential list")
PATH = "/2010-04-01/Accounts/AC0/SIP/CredentialLists"


def noted(file: Path) -> Ledger:
    """A ledger of one thing made, one made and gone, one refused, and one whose answer never came."""
    ledger = Ledger(file)
    ledger.begin({"census": {"a": "1"}})
    for number in range(1, 5):
        assert ledger.wanted(KIND, f"{PATH}.json", marked=number < 4, known=["CL1"]) == number
    ledger.made(1, f"{PATH}/CL2.json")
    ledger.made(2, f"{PATH}/CL3.json")
    ledger.gone(f"{PATH}/CL3.json")
    ledger.refused(3)
    return ledger


def test_it_reads_back_what_it_noted(tmp_path: Path) -> None:
    """After a kill, in the middle of a line too, it knows what is there, what is not, and what it is not sure of."""
    file = tmp_path / "ledger"
    noted(file).close(forget=False)
    with file.open("a") as stream:
        stream.write('{"number": 5, "wan')
    again = Ledger(file)
    assert again.head == {"census": {"a": "1"}}
    assert again.there() == [f"{PATH}/CL2.json"]
    ((number, wanted),) = again.unsettled()
    assert (number, wanted.marked, wanted.known, wanted.collection) == (4, False, ["CL1"], f"{PATH}.json")
    assert not again.is_done
    again.close(forget=False)


def test_a_new_run_begins_anew(tmp_path: Path) -> None:
    """What an earlier run noted is forgotten once another begins."""
    noted(tmp_path / "ledger").close(forget=False)
    ledger = Ledger(tmp_path / "ledger")
    ledger.begin({"census": {}})
    ledger.close(forget=False)
    again = Ledger(tmp_path / "ledger")
    assert (again.there(), list(again.unsettled()), again.head) == ([], [], {"census": {}})
    again.close(forget=True)
    assert list(tmp_path.iterdir()) == []


def test_it_is_one_run_s_at_a_time(tmp_path: Path) -> None:
    """A second run of the same account is refused as long as the first has the ledger, and not longer."""
    file = tmp_path / "ledger"
    first = Ledger(file)
    with pytest.raises(Refused, match="under way already"):
        Ledger(file)
    first.close(forget=True)
    Ledger(file).close(forget=True)


def test_accounts_and_servers_have_their_own(tmp_path: Path) -> None:
    """Two accounts, and one account at two servers, have a ledger each, and no file is named after an account."""
    account, other = "AC" + "1" * 32, "AC" + "2" * 32
    files = {
        file_for(who, where, tmp_path).name for who in (account, other) for where in ("Twilio", "http://a")
    }
    assert len(files) == 4
    assert not [name for name in files if account[2:8] in name]
