"""An instance by its id, and the role whose credentials it gets.

Source: "Use an IAM role to grant permissions to applications running on Amazon EC2 instances" in the IAM User Guide.
"""

from __future__ import annotations

import msgspec

from scanner.containment.workloads import profile_name
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Gap, Instance, NotCollected, Role, Undetermined, known


class Located(msgspec.Struct, frozen=True):
    """An instance and the name of its region."""

    instance: Instance
    region: str


def _by_id(account: Account) -> dict[str, Located]:
    return {
        instance.id: Located(instance, region.name)
        for region in account.regions
        if not isinstance(region.instances, Gap)
        for instance in region.instances
    }


_located = Remembered(_by_id, most=4)


def locate(instance: str, account: Account) -> Located | None:
    """The instance of this id, terminated ones too; None where there is none.

    Raises:
        Undetermined: it is not among those that were read, and not all were.
    """
    found = _located.of(account).get(instance)
    if found is not None:
        return found
    for region in account.regions:
        if isinstance(region.instances, Gap) and region.instances.status != "not_applicable":
            raise NotCollected(region.instances)
    if account.other_regions is not None:
        raise NotCollected(account.other_regions)
    if not account.regions:
        raise Undetermined("no region was asked for instances")
    return None


def role_carried(instance: Instance, account: Account) -> Role | None:
    """The role that the instance profile of an instance carries at present; None where it has none.

    Raises:
        Undetermined: it is not known.
    """
    if instance.instance_profile is None:
        return None
    name = profile_name(instance.instance_profile)
    roles = known(account.roles)
    carried = [role for role in roles if name in role.instance_profiles]
    if not carried and not isinstance(account.instance_profiles, Gap):
        names = {each for profile in account.instance_profiles if profile.name == name for each in profile.roles}
        carried = [role for role in roles if role.name in names]
        if not carried and any(profile.name == name and not profile.roles for profile in account.instance_profiles):
            return None
    if len(carried) != 1:
        raise Undetermined(f"which role the instance profile {name} carries is not known")
    return carried[0]
