"""Server certificates that IAM keeps."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.findings import Resource
from scanner.inventory import Account, ServerCertificate, Undetermined, known


def _certificates(account: Account) -> Iterator[Subject[ServerCertificate] | Unread]:
    for found in known(account.server_certificates):
        yield Subject(Resource(found.arn, "AWS::IAM::ServerCertificate", found.name, account.account_id), found)


@rule(
    "iam-server-certificate-expired",
    severity="low",
    phase="eradicate",
    subjects=_certificates,
    apis=("iam:ListServerCertificates",),
    controls=(
        *cis(v7="2.17", v5="1.18"),
        *csf("PR.PS-01"),
        *well_architected("SEC09-BP01"),
        *attack(v18="T1557"),
    ),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html",),
)
def iam_server_certificate_expired(certificate: ServerCertificate, scene: Scene[NoParameters]) -> Hit | None:
    """An expired server certificate is still stored in IAM.

    ## Why
    A load balancer or distribution that presents it teaches its callers to click warnings away or to switch
    verification off, and then anybody can stand between. The name of an old certificate is also easily chosen by
    mistake in the middle of the night.

    ## Fix
    See that no load balancer and no distribution uses it, then delete it (aws iam delete-server-certificate). Let ACM
    make and renew certificates. IAM does not give the private key back, so no command is given.

    ## Breaks
    The listener that still uses it.

    ## Bad
    ```json
    {"server_certificates": [{"name": "shop", "expires": "2026-01-01T00:00:00Z",
                              "arn": "arn:aws:iam::111122223333:server-certificate/shop"}]}
    ```

    ## Good
    ```json
    {"server_certificates": [{"name": "shop", "expires": "2027-01-01T00:00:00Z",
                              "arn": "arn:aws:iam::111122223333:server-certificate/shop"}]}
    ```
    """
    if certificate.expires is None:
        raise Undetermined("the snapshot does not hold when the certificate expires")
    if certificate.expires > scene.at:
        return None
    return Hit(
        f"It expired {(scene.at - certificate.expires).days} days ago.",
        material=("server-certificate:expired",),
        details={"expired": certificate.expires.isoformat()},
    )
