"""Event buses that other accounts may write to."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import in_regions
from scanner.events.strangers import caller_may, callers
from scanner.findings import Resource
from scanner.iam.documents import Statement, parse
from scanner.inventory import Account, EventBus, Gap, Region, Undetermined, describe
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/"
_ACTIONS = ("events:PutEvents", "events:PutRule", "events:PutTargets", "events:DeleteRule", "events:DisableRule")


def _resource(account: Account, region: Region, bus: EventBus) -> Resource:
    return Resource(bus.arn, "AWS::Events::EventBus", bus.name, account.account_id, region.name)


@rule(
    "event-bus-open",
    severity="high",
    phase="detect",
    subjects=in_regions(lambda region: region.event_buses, _resource),
    apis=("events:ListEventBuses",),
    controls=(
        *cis(v7="2.21"),
        *csf("PR.AA-05"),
        *well_architected("SEC03-BP07"),
        *attack(v18="T1098"),
    ),
    references=(f"{_GUIDE}eb-event-bus-perms.html", f"{_GUIDE}eb-cross-account.html"),
)
def event_bus_open(bus: EventBus, scene: Scene[NoParameters]) -> Hit | None:
    """Foreign accounts may write to an event bus.

    ## Why
    Who may put events on a bus starts whatever its rules start, with an event of his own making: functions, messages,
    pages. He floods the people who wait for the one alert that is real. Open to everybody is one account too many; so
    is an account that nobody declared. Accounts of the own organization, and everybody in it, are left alone. A
    condition on what the sender writes himself (the source of the event, the name of his role) keeps nobody out. Who
    may also make rules there reads every event.

    ## Fix
    Name the accounts, or everybody under the condition aws:PrincipalOrgID, in the policy of the bus, and declare the
    accounts that are meant.

    ## Breaks
    Senders that nobody wrote down.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "event_buses": [
      {"name": "default", "arn": "arn:aws:events:eu-west-1:111122223333:event-bus/default", "policy":
        {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents",
           "Resource": "arn:aws:events:eu-west-1:111122223333:event-bus/default"}]}}}]}]}
    ```

    ## Good
    ```json
    {"organization": {"membership":
       {"kind": "organization", "id": "o-abcde12345", "management_account": "444455556666"}},
     "regions": [{"name": "eu-west-1", "event_buses": [
      {"name": "default", "arn": "arn:aws:events:eu-west-1:111122223333:event-bus/default", "policy":
        {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents",
           "Resource": "arn:aws:events:eu-west-1:111122223333:event-bus/default",
           "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcde12345"}}}]}}}]}]}
    ```
    """
    if bus.policy is None:
        return None
    public, foreign, doubt = _others(bus, scene)
    if not public and not foreign:
        if doubt:
            raise Undetermined(doubt)
        return None
    who = "Anybody with an AWS account" if public else f"What nobody declared ({', '.join(foreign)})"
    what = public or sorted({action for actions in foreign.values() for action in actions})
    return Hit(
        f"{who} may {', '.join(what)} on the bus {bus.name}.",
        material=(*(f"public:{action}" for action in public), *(f"foreign:{each}" for each in foreign)),
        details={"public": public, "foreign": foreign},
        commands=_removals(bus),
    )


def _others(bus: EventBus, scene: Scene[NoParameters]) -> tuple[list[str], dict[str, list[str]], str]:
    """What anybody may do, what the foreign accounts and organizations may, and why it is not known of more."""
    account = scene.account
    ours, doubt = _organization(account)
    known_ones = {account.account_id, *ours, *scene.declared.accounts, *scene.declared.organizations}
    found: dict[str, set[str]] = {}
    doubts: list[str] = []
    for caller in callers(bus.policy):
        if {caller.account, caller.organization} & known_ones:
            continue
        who = caller.account or caller.organization
        verdicts = {action: caller_may(bus.policy, action, bus.arn, caller) for action in _ACTIONS}
        actions = {action for action, answer in verdicts.items() if answer == "yes"}
        # A foreign organization is known by the own one alone.
        is_doubtful = doubt and who and (caller.account or isinstance(account.organization.membership, Gap))
        if actions and is_doubtful:
            doubts.append(f"Whether {who} is of the organization: {doubt}")
        elif actions:
            found.setdefault(who, set()).update(actions)
        doubts += (
            f"Whether {who or 'anybody'} may {action} hangs on conditions that are not known"
            for action, answer in verdicts.items()
            if answer == "only_if"
        )
    public = [action for action in _ACTIONS if action in found.get("", ())]
    foreign = {who: sorted(actions) for who, actions in sorted(found.items()) if who}
    return public, foreign, next(iter(doubts), "")


def _allowing(bus: EventBus) -> Iterator[Statement]:
    policy = bus.policy
    if policy is not None:
        yield from (statement for statement in parse(policy.document).statements if statement.allows)


def _organization(account: Account) -> tuple[frozenset[str], str]:
    """The organization with its accounts, or why they are not known."""
    facts = account.organization
    if facts.membership is None:
        return frozenset(), ""
    if isinstance(facts.membership, Gap):
        return frozenset(), describe(facts.membership)
    ours = frozenset({facts.membership.id, facts.membership.management_account})
    if isinstance(facts.accounts, Gap):
        return ours, describe(facts.accounts)
    return ours | {each.id for each in facts.accounts}, ""


def _removals(bus: EventBus) -> tuple[str, ...]:
    """What takes statements away that name everybody without a condition."""
    remove = command("aws", "events", "remove-permission")
    place = f"{option('--event-bus-name', bus.name)} {option('--region', bus.arn.split(':')[3])}"
    return tuple(
        f"{remove} {option('--statement-id', statement.sid)} {place}"
        for statement in _allowing(bus)
        if statement.sid and not statement.conditions and ("AWS", "*") in statement.principals
    )
