"""Does in the broker's pod what Strimzi does with KafkaUsers: SCRAM logins and the rights that their rules give.

Reads a JSON list of {"user": KafkaUser, "password": text} from standard input.
"""

import json
import sys

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

KINDS = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactionalId": ResourceType.TRANSACTIONAL_ID,
}
PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}
SCRAM = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)


def bindings(user: dict) -> list[AclBinding]:
    """One for each operation of each rule."""
    return [
        AclBinding(
            KINDS[rule["resource"]["type"]],
            rule["resource"]["name"],
            PATTERNS[rule["resource"]["patternType"]],
            f"User:{user['metadata']['name']}",
            rule["host"],
            AclOperation[operation.upper()],
            AclPermissionType.ALLOW,
        )
        for rule in user["spec"]["authorization"]["acls"]
        for operation in rule["operations"]
    ]


admin = AdminClient({"bootstrap.servers": "127.0.0.1:9092"})
wanted = json.load(sys.stdin)
logins = [
    UserScramCredentialUpsertion(one["user"]["metadata"]["name"], SCRAM, one["password"].encode()) for one in wanted
]
rights = [binding for one in wanted for binding in bindings(one["user"])]
for future in [*admin.alter_user_scram_credentials(logins).values(), *admin.create_acls(rights).values()]:
    future.result(timeout=30)
print(f"{len(logins)} logins, {len(rights)} rights")
