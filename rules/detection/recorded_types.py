"""What AWS Config records of IAM, which belongs to no region."""

from __future__ import annotations

from rules.detection.recorders import CONTROLS, is_there, own
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, ConfigRecorder, Gap, NotCollected

_RECORDERS = "config:DescribeConfigurationRecorders"
_OF_IAM = ("AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User")


@rule(
    "config-iam-not-recorded",
    severity="medium",
    phase="investigate",
    subjects=the_account,
    apis=(_RECORDERS, "config:DescribeConfigurationRecorderStatus"),
    controls=CONTROLS,
    references=("https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html",),
)
def config_iam_not_recorded(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """No region records what happens to users, roles and policies.

    ## Why
    IAM is global, and a recorder takes its types in only where it is told to. Without them the record of a break-in
    lacks just what the thief changed to stay. One region is enough; regions that are newer than February 2022 cannot
    record these types.

    ## Fix
    In one region let the recorder include global resource types, or take the IAM types off its exclusions.

    ## Breaks
    Nothing but the bill; in more than one region each change is paid as often.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "recorders": [{"name": "default", "all_supported": true}],
      "recorder_statuses": [{"name": "default", "is_recording": true}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1",
      "recorders": [{"name": "default", "all_supported": true, "global_types": true}],
      "recorder_statuses": [{"name": "default", "is_recording": true}]}]}
    ```
    """
    gaps: list[Gap] = []
    for region in account.regions:
        if isinstance(region.recorders, Gap):
            gaps += [region.recorders] if is_there(region) else []
            continue
        recording = [recorder.name for recorder in own(region.recorders) if _records_iam(recorder)]
        if recording and isinstance(region.recorder_statuses, Gap):
            gaps.append(region.recorder_statuses)
        elif recording and any(s.is_recording and s.name in recording for s in region.recorder_statuses):
            return None
    if account.other_regions is not None:
        gaps.append(account.other_regions)
    if not account.regions:
        gaps.append(Gap(_RECORDERS, "skipped", "*"))
    for gap in gaps:
        raise NotCollected(gap)
    return Hit("No recorder that is running takes in the types of IAM.", material=("config:no-iam",))


def _records_iam(recorder: ConfigRecorder) -> bool:
    if recorder.strategy == "EXCLUSION_BY_RESOURCE_TYPES":
        return not set(_OF_IAM) & set(recorder.excluded_types)
    if recorder.all_supported:
        return recorder.global_types
    return set(_OF_IAM) <= set(recorder.resource_types)
