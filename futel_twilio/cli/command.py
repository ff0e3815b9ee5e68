"""Turn a task into a command: its flags, its exit codes, and errors without a traceback."""

from __future__ import annotations

import importlib
from copy import copy
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit
from invoke.parser.argument import Argument
from invoke.tasks import Task

from futel_twilio import interrupts
from futel_twilio.cli import console, invoke_adapter
from futel_twilio.cli.options import HELP, OWN_HELP, Options, default_of, example_for, flag_of
from futel_twilio.errors import BadInput, FutelTwilioError, OutputLost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from futel_twilio.cli import notices, password_output, result_output, session

# The lists that a command reads whatever its flags say.
PROMOTION_LISTS = ("Applications", "SIP/Domains")
SETUP_LISTS = (*PROMOTION_LISTS, "SIP/CredentialLists", "Usage/Triggers")


invoke_adapter.install()


class LazyModule:
    """A module that is imported when something of it is first used: `invoke --list` needs no engine.

    Not `importlib.util.LazyLoader`: Invoke looks at the type of everything in tasks.py, which loads that.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


if not TYPE_CHECKING:  # what a command needs once it runs; `invoke --list` does not
    notices = LazyModule("futel_twilio.cli.notices")
    password_output = LazyModule("futel_twilio.cli.password_output")
    result_output = LazyModule("futel_twilio.cli.result_output")
    session = LazyModule("futel_twilio.cli.session")


class _Flag(Argument):
    """A flag of a command; `bare`: a bare word after the command is its value."""

    bare = False

    def __deepcopy__(self, _memo: dict[int, Any]) -> _Flag:
        # Invoke copies the flags of all commands before it reads a line; nothing in one is changed in place.
        return copy(self)


class Command(Task[Any]):
    """A task that never runs half asked for, and never ends in a traceback that a user can cause.

    Its flags are named here, not in the body's signature, since all commands share them; the body gets
    them as one `Flags`. Nothing is positional: Invoke would let a required positional eat `--help`.
    """

    def __init__(
        self,
        body: Callable[..., Any],
        *,
        flags: Sequence[str],
        required: Sequence[str] = (),
        bare: str = "",
        **kwargs: Any,
    ) -> None:
        self.flags = tuple(flags)
        self.bare = bare
        self.required = tuple(required)
        own = OWN_HELP.get(body.__name__, {})
        super().__init__(
            body,
            positional=[],
            auto_shortflags=False,
            iterable=[name for name in flags if default_of(name) == ()],
            help={
                name: own.get(name, HELP[name]) + (" Required." if name in required else "") for name in flags
            },
            **kwargs,
        )
        self._help = dict(self.help)
        self.__doc__ = f"{body.__doc__}\n\nExample: {example_for(body.__name__, flags)}"

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:  # noqa: ARG002
        # Invoke's own reads the body's signature; this task's flags are named when it is made.
        return [self._flag(name) for name in self.flags]

    def _flag(self, name: str) -> _Flag:
        repeatable = default_of(name) == ()
        default: Any = None if repeatable else default_of(name)
        flag = _Flag(**self.arg_opts(name, default, set()))
        flag.help = self._help[name]  # `arg_opts` takes each help out of its dictionary
        if repeatable:
            flag.raw_value = None  # or Invoke takes a repeatable flag without its value in silence
        flag.bare = name == self.bare
        return flag

    def __call__(self, *context: Any, **kwargs: Any) -> Any:
        with interrupts.heeded():
            self._run_heard(context, Options(**kwargs))

    def _run_heard(self, context: tuple[Any, ...], flags: Options) -> None:
        """Run, as long as somebody hears what is said."""
        try:
            self._run(context, flags)
        except BrokenPipeError:
            console.silence_stdout()
            raise Exit(code=console.REFUSED) from None
        except OutputLost as error:
            console.print_lines(error.message, error.hint, stderr=True)
            raise Exit(code=console.REFUSED) from None

    def _run(self, context: tuple[Any, ...], flags: Options) -> None:
        try:
            self._refuse_dry(context)
            self._check_required(flags)
            self.enter(flags)
        except (Exit, OutputLost, BrokenPipeError):
            raise
        except FutelTwilioError as error:
            console.print_error(error, flags)
            raise Exit(code=console.NAGIOS_UNKNOWN if flags.nagios else console.REFUSED) from None
        except Exception:  # noqa: BLE001  # a fault of ours must not look like findings, which are 1
            console.print_internal_error()
            raise Exit(code=console.NAGIOS_UNKNOWN if flags.nagios else console.REFUSED) from None
        except KeyboardInterrupt:
            console.print_lines("Interrupted. Nothing was written at Twilio.", stderr=True)
            raise Exit(code=console.REFUSED) from None

    def enter(self, flags: Options) -> None:
        """Run the body."""
        self.body(flags)

    def _refuse_dry(self, context: tuple[Any, ...]) -> None:
        if context and context[0].config.run.dry:
            raise BadInput(
                "--dry is a flag of Invoke's own, which would not keep this command from writing.",
                "To look without writing, use --dry-run.",
            )

    def _check_required(self, flags: Options) -> None:
        missing = [
            name.upper() if name == self.bare else flag_of(name)
            for name in self.required
            if not getattr(flags, name)
        ]
        if missing:
            command = f"invoke {self.name.replace('_', '-')}"
            raise BadInput(f"`{command}` needs {' and '.join(missing)}.", f"See `{command} --help`.")


class AccountCommand(Command):
    """A command about an account: the body gets a `Session` with the workspace that the flags name.

    Args:
        body: the task.
        reads: the lists that it reads whatever the flags say; they are requested while the rest is loaded.
    """

    def __init__(self, body: Callable[..., Any], *, reads: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(body, **kwargs)
        self.reads = reads

    def enter(self, flags: Options) -> None:
        with session.open_session(flags, self.name.replace("_", "-"), self.reads) as opened:
            try:
                self.body(opened)
            except KeyboardInterrupt as stop:
                with interrupts.put_off():
                    notices.print_interrupted(opened, stop.args)
                raise Exit(code=console.REFUSED) from None
            finally:
                password_output.print_passwords(opened)
                if opened.twin:
                    result_output.print_twin(opened, opened.twin)
