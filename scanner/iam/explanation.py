"""A verdict in words: the statements that decide, what each layer says, and what the answer hangs on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scanner.iam.decision import Deciding, Decision, Provision
from scanner.iam.formula import Atom, Verdict, order
from scanner.iam.layers import layer_verdicts, reason
from scanner.iam.request import Policies, Request
from scanner.iam.tally import Applying, Tally
from scanner.iam.wording import clause

Gates = tuple[tuple[Applying, ...], ...]


def explain(request: Request, policies: Policies, tally: Tally, ways: tuple[Gates, ...], verdict: Verdict) -> Decision:
    """The decision with its reasons.

    Args:
        request: what was asked.
        policies: what bears on it.
        tally: the statements that speak of it.
        ways: how it can be allowed; of each way, one statement of every gate has to apply.
        verdict: the answer.
    """
    layers = layer_verdicts(request, policies, tally)
    deciding = tuple(dict.fromkeys(_deciding(tally, ways)))
    provisions = _provisions(deciding) if verdict == "only_if" else ()
    return Decision(
        principal=request.caller.arn,
        action=request.action,
        resource=request.resource,
        decision=verdict,
        conditions=provisions,
        statements=_statements(deciding),
        layers=layers,
        not_collected=_not_collected(policies),
        reason=reason(request, verdict, layers, tally, provisions, has_open_way=any(all(gates) for gates in ways)),
    )


def _not_collected(policies: Policies) -> tuple[str, ...]:
    unread = [*policies.not_collected, *policies.unread_identity]
    unread += [what for what in (policies.unread_boundary, policies.unread_resource) if what]
    return tuple(dict.fromkeys(unread))


def _deciding(tally: Tally, ways: tuple[Gates, ...]) -> Iterator[Applying]:
    """What the answer comes from: a Deny that surely applies, or else what allows it and what may deny it.

    Of a gate that something certain opens, what is uncertain decides nothing; and a way that is surely open makes those
    superfluous that are not.
    """
    certain_denies = [applying for applying in tally.denies if not applying.clause]
    if certain_denies:
        yield from certain_denies
        return
    open_ways = [gates for gates in ways if all(gates)]
    if not open_ways:
        return
    sure = [gates for gates in open_ways if all(_is_sure(gate) for gate in gates)]
    for gates in sure or open_ways:
        for gate in gates:
            yield from (each for each in gate if not each.clause or not _is_sure(gate))
    yield from tally.denies


def _is_sure(gate: Iterable[Applying]) -> bool:
    return any(not applying.clause for applying in gate)


def _statements(deciding: Iterable[Applying]) -> tuple[Deciding, ...]:
    found = {
        Deciding(
            layer=applying.source.layer,
            document=applying.source.name,
            statement=applying.statement.index,
            sid=applying.statement.sid,
            effect="Allow" if applying.statement.allows else "Deny",
            certain=not applying.clause,
        ): None
        for applying in deciding
        if applying.statement is not None
    }
    return tuple(found)


def _provisions(deciding: Iterable[Applying]) -> tuple[Provision, ...]:
    found: dict[Provision, None] = {}
    for applying in deciding:
        atoms = sorted(applying.clause, key=order)
        found.update(dict.fromkeys(_provision(atom, applying) for atom in atoms))
    return tuple(found)


def _provision(atom: Atom, applying: Applying) -> Provision:
    condition, statement = atom.condition, applying.statement
    if statement is None:
        text = f"a policy that was not read allows it ({condition.key})"
        return Provision(applying.source.layer, condition.key, None, "Allow", "", "", (), text)
    return Provision(
        layer=applying.source.layer,
        document=applying.source.name,
        statement=statement.index,
        effect="Allow" if statement.allows else "Deny",
        operator=condition.written or condition.operator,
        key=condition.name or condition.key,
        values=condition.values,
        text=_text(atom, holds=statement.allows, of_all_but=statement.not_resources),
    )


def _text(atom: Atom, *, holds: bool, of_all_but: bool) -> str:
    condition = atom.condition
    listed = " or ".join(condition.values)
    if condition.operator == "session":
        return f"the session is {'' if holds else 'not '}{listed}"
    if condition.operator == "other session":
        return f"the session is {'not ' if holds else ''}{listed}"
    if condition.operator == "resource":
        return f"the resource {'matches' if holds != of_all_but else 'does not match'} {listed}"
    return clause(condition, holds=holds, present=atom.present)
