"""What is said of the mistakes of responders in Python."""

from __future__ import annotations

from policies.responders.faults import Says

SAYS = {
    "no-user-type": Says(
        "It takes the userName of the finding for a role, without looking at the userType.",
        "For a user there is no such role, and nothing is contained; or a role that has the name of the user is hit.",
        "Goes by the type of the user, and refuses what the fields leave open.",
    ),
    "no-unique-id": Says(
        "It goes by the name of the role alone, and does not compare the unique id of the finding.",
        "A role that was deleted and made anew under the name is cut off in place of the one that was stolen.",
        "Compares the unique id of the finding with that of the role.",
    ),
    "no-sample-guard": Says(
        "It does not ask whether the finding is a sample.",
        "Whoever tries out the alerts, or may create samples, cuts off production.",
        "Contains nothing on a sample or an archived finding.",
    ),
    "envelope-account": Says(
        "It acts on the account of the event, not on detail.accountId.",
        "In an administrator's account the findings of members arrive under the administrator's id: the wrong account "
        "is changed, and the thief stays in the member's.",
        "Takes the affected account from the finding alone.",
    ),
    "cutoff-can-go-back": Says(
        "It replaces the policy without reading the one that is there.",
        "A finding that comes late, or twice, moves the cutoff back: sessions that were cut off live again.",
        "Reads the policy first, and never lowers a cutoff.",
    ),
    "second-policy": Says(
        "The policy is called {}, neither by a name of its case nor as AWS's console calls it.",
        "The console's own revocation then stands beside it: removing one of them does not end, or does not undo, it.",
        "Uses the name of the console, or a fixed one of its own that says what it is.",
    ),
    "spaces-removed": Says(
        "It removes every space from the document.",
        "A name with a space in the policy becomes another name, and what it meant is not contained.",
        "Writes JSON without white space between its parts, and leaves values as they are.",
    ),
    "policy-exists": Says(
        "It creates the managed policy {} each time, and has no way on when it exists.",
        "The second finding fails with EntityAlreadyExists: nothing is contained at all. One policy for all roles also "
        "means one cutoff for all.",
        "Puts an inline policy; where there is no room for one, a policy for each role whose version is replaced.",
    ),
    "hides-errors": Says(
        "It catches the error of {} and goes on as if nothing had happened.",
        "EventBridge takes the event as done: there is no second try and no alarm, and the thief stays.",
        "Fails loudly, and verifies that a session from before the cutoff is denied.",
    ),
    "returns-nothing": Says(
        "The function {} can end without saying how it went.",
        "A containment that failed looks like one that worked.",
        "Tells for every step whether it was carried out and verified.",
    ),
    "key-only": Says(
        "It makes the access key inactive, and puts no policy on the user.",
        "Sessions that were made with the key before, the console and the other key go on.",
        "Makes every key inactive and denies everything to the user.",
    ),
    "temporary-key": Says(
        "It hands the accessKeyId of the finding to UpdateAccessKey, whatever begins it.",
        "A key of a session (ASIA...) is none of the user's keys: the call fails, and nothing is contained.",
        "Goes by the beginning of the key, and cuts off sessions by a policy.",
    ),
    "evidence-deleted": Says(
        "It calls {}.",
        "What is deleted leaves no refused calls behind that would show what the thief tries, and cannot be undone.",
        "Makes inactive and denies; deletes nothing.",
    ),
}
