"""AWS Config: the record of what resources looked like, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, regions, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, ConfigRecorder, Gap, RecorderStatus, Region, Undetermined, known
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/config/latest/developerguide/"
_RECORDERS, _STATUSES = "config:DescribeConfigurationRecorders", "config:DescribeConfigurationRecorderStatus"
_CHANNELS = "config:DescribeDeliveryChannels"
CONTROLS = (
    *cis(v7="4.3", v5="3.3"), *csf("DE.CM-01"), *well_architected("SEC04-BP01"), *attack(v18="T1562.001", v19="T1685"),
)  # fmt: skip
_SERVICE_LINKED = ":role/aws-service-role/config.amazonaws.com/"


def own(recorders: tuple[ConfigRecorder, ...]) -> list[ConfigRecorder]:
    """The account's own recorders; those of AWS services record for these services only."""
    return [recorder for recorder in recorders if recorder.service is None]


def is_there(region: Region) -> bool:
    """Whether the region has AWS Config."""
    return not (isinstance(region.recorders, Gap) and region.recorders.status == "not_applicable")


@rule(
    "config-not-recording",
    severity="medium",
    phase="investigate",
    subjects=regions,
    apis=(_RECORDERS, _STATUSES, _CHANNELS),
    controls=CONTROLS,
    references=(f"{_GUIDE}stop-start-recorder.html", f"{_GUIDE}manage-delivery-channel.html"),
    where_watched=True,
)
def config_not_recording(region: Region, _: Scene[NoParameters]) -> Hit | None:
    """AWS Config does not record in a region.

    ## Why
    After a break-in the question is what a role, a bucket or a security group looked like before, and when it changed.
    Config answers it, for every resource, from its own record; without it each change has to be found in CloudTrail.
    A recorder that was stopped, or whose last delivery failed, records nothing either. Low where it records, but only
    types that somebody listed.

    ## Fix
    Set up a recorder for all types and a delivery channel in each region in use, best from a stack set; start the
    recorder.

    ## Breaks
    Nothing but the bill, which follows the number of changes.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-3", "recorders": [], "recorder_statuses": [], "delivery_channels": []}]}
    ```
    ```json
    {"regions": [{"name": "eu-west-3", "recorders": [{"name": "default", "all_supported": true}],
      "recorder_statuses": [{"name": "default", "is_recording": true, "last_status": "Failure",
                             "last_error": "AccessDenied"}],
      "delivery_channels": [{"name": "default", "bucket": "config-111122223333"}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-3", "recorders": [{"name": "default", "all_supported": true}],
      "recorder_statuses": [{"name": "default", "is_recording": true, "last_status": "SUCCESS"}],
      "delivery_channels": [{"name": "default", "bucket": "config-111122223333"}]}]}
    ```
    """
    if not is_there(region):
        return None
    recorders = own(known(region.recorders))
    if not recorders:
        return Hit(f"There is no recorder in {region.name}.", material=("config:no-recorder",))
    if not isinstance(region.delivery_channels, Gap) and not region.delivery_channels:
        return Hit(
            f"The recorder in {region.name} has no delivery channel, so that it cannot record.",
            material=("config:no-channel",),
            details={"recorder": recorders[0].name},
        )
    states = {state.name: state for state in known(region.recorder_statuses)}
    faults = [_fault(recorder, states.get(recorder.name), region.name) for recorder in recorders]
    if all(faults):
        return faults[0]
    known(region.delivery_channels)
    return None if any(map(_is_broad, recorders)) else _narrow(recorders[0], region.name)


def _fault(recorder: ConfigRecorder, state: RecorderStatus | None, region: str) -> Hit | None:
    if state is None:
        raise Undetermined(f"the status of the recorder {recorder.name} was not told")
    if not state.is_recording:
        words = ("--configuration-recorder-name", recorder.name)
        place = option("--region", region)
        return Hit(
            f"The recorder {recorder.name} in {region} is stopped.",
            material=("config:stopped",),
            details={"recorder": recorder.name, "last_status": state.last_status},
            commands=(f"{command('aws', 'configservice', 'start-configuration-recorder', *words)} {place}",),
            undo=(f"{command('aws', 'configservice', 'stop-configuration-recorder', *words)} {place}",),
        )
    # The model of the API and its answers differ in case.
    if (state.last_status or "").casefold() == "failure":
        why = state.last_error or "no reason told"
        return Hit(
            f"The last delivery of the recorder {recorder.name} in {region} failed ({why}).",
            material=("config:failing",),
            details={"recorder": recorder.name, "last_error": state.last_error},
        )
    return None


def _is_broad(recorder: ConfigRecorder) -> bool:
    return recorder.all_supported or recorder.strategy == "EXCLUSION_BY_RESOURCE_TYPES"


def _narrow(recorder: ConfigRecorder, region: str) -> Hit:
    return Hit(
        f"The recorder {recorder.name} in {region} records {len(recorder.resource_types)} listed types only.",
        material=("config:listed-types-only",),
        details={"recorder": recorder.name, "resource_types": list(recorder.resource_types)},
        severity="low",
    )


def _recorders(account: Account) -> Iterator[Subject[ConfigRecorder] | Unread]:
    for region in account.regions:
        if isinstance(region.recorders, Gap):
            if is_there(region):
                yield Unread(account_resource(account, region.name), region.recorders)
            continue
        for recorder in own(region.recorders):
            place = f"{region.name}:{account.account_id}"
            arn = f"arn:{account.partition}:config:{place}:configuration-recorder/{recorder.name}"
            kind = "AWS::Config::ConfigurationRecorder"
            yield Subject(Resource(arn, kind, recorder.name, account.account_id, region.name), recorder)
    yield from unlisted_regions(account)


@rule(
    "config-role-not-service-linked",
    severity="low",
    phase="investigate",
    subjects=_recorders,
    apis=(_RECORDERS,),
    controls=CONTROLS,
    references=(f"{_GUIDE}using-service-linked-roles.html",),
)
def config_role_not_service_linked(recorder: ConfigRecorder, _: Scene[NoParameters]) -> Hit | None:
    """AWS Config records with a role that the account can change.

    ## Why
    Whoever may change IAM narrows such a role by one line, and Config goes on without seeing what matters. Nobody in
    the account can change the service-linked role, nor does a service control policy bind it.

    ## Fix
    Let the recorder use AWSServiceRoleForConfig.

    ## Breaks
    Deliveries to a bucket or a topic whose policy admits the old role only; Control Tower sets up its own role.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "recorders": [
      {"name": "default", "role": "arn:aws:iam::111122223333:role/config", "all_supported": true}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "recorders": [
      {"name": "default", "all_supported": true,
       "role": "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"}]}]}
    ```
    """
    if recorder.role is None:
        raise Undetermined(f"the role of the recorder {recorder.name} was not told")
    if _SERVICE_LINKED in recorder.role:
        return None
    return Hit(
        f"The recorder {recorder.name} uses {recorder.role}.",
        material=("config:own-role",),
        details={"role": recorder.role},
    )
