"""The steps one after the other, and back; each is reported as soon as it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edgekit.errors import UsageError
from edgekit.setup.step import Context, Outcome, Step
from edgekit.setup.table import STEPS


@dataclass(frozen=True)
class Report:
    """What became of one step."""

    step: Step
    outcome: Outcome


@dataclass(frozen=True)
class Undone:
    """What became of one step on the way back."""

    step: str
    lines: tuple[str, ...]


def reports(
    context: Context,
    *,
    skip: Sequence[str] = (),
    is_dry: bool = False,
    may_do: Callable[[Step, Outcome], bool] = lambda _step, _outcome: True,
    steps: Sequence[Step] = STEPS,
) -> Iterator[Report]:
    """Do each step that is open, in order, and yield how it ended.

    Args:
        context: Where, and what is wished.
        skip: Names of steps to leave out.
        is_dry: Only say what would be done.
        may_do: Asks before a step is done.
        steps: All of them.

    Raises:
        UsageError: `skip` names no step.
        EdgekitError: A step failed; those before it stay done, and a rerun goes on from it.
    """
    names = [step.name for step in steps]
    for name in skip:
        if name not in names:
            raise UsageError(f"--skip {name}: no such step; there are {', '.join(names)}")
    for step in steps:
        if step.name in skip:
            yield Report(step, Outcome("skipped", step.purpose))
            continue
        outcome = step.look(context)
        if outcome.state == "open" and not is_dry:
            is_allowed = may_do(step, outcome)
            outcome = step.do(context) if is_allowed else Outcome("skipped", step.purpose)
        yield Report(step, outcome)


def undo(
    context: Context, *, is_dry: bool = False, steps: Sequence[Step] = STEPS
) -> Iterator[Undone]:
    """Take back what setup did, from the last step to the first, and yield what that was.

    Raises:
        OutputError: No right to remove something; a rerun goes on from there.
    """
    journal = context.journal
    if not journal.path.exists():
        return
    for step in reversed(steps):
        changes = journal.read().changes_of(step.name)
        if is_dry:
            paths = (change.path for change in reversed(changes) if change.kind != "service")
            yield Undone(step.name, tuple(f"would take back: {path}" for path in paths))
            continue
        lines = step.undo(context, changes)
        journal.forget(step.name)
        yield Undone(step.name, lines)
    if not is_dry:
        yield Undone("journal", journal.remove())
