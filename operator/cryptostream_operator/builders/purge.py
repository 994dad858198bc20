"""The Job that deletes a deleted stream's stored rows."""

from cryptostream_operator.api.hashing import hash_of
from cryptostream_operator.builders.database_access import database_mounts, database_volumes
from cryptostream_operator.builders.environment import database_environment
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream, job_image
from cryptostream_operator.builders.one_shot import OneShot, kubernetes_job
from cryptostream_operator.builders.variables import entries


def purge_job(stream: Stream, defaults: Defaults) -> Manifest:
    """Runs when producers and job are gone, before the stream itself goes."""
    image, command = job_image(stream, defaults), ["cryptostream", "purge", "--yes"]
    environment = entries(database_environment(stream))
    return kubernetes_job(
        stream,
        defaults,
        OneShot(
            # A stream made anew under its name must not find the Job of its predecessor, which stays for a while.
            name=stream.names.purge_job(hash_of([stream.uid, image, command, environment])),
            component="purge",
            image=image,
            image_pull_policy=stream.spec.job.image_pull_policy,
            service_account=stream.names.job,
            command=command,
            environment=environment,
            volumes=database_volumes(stream),
            volume_mounts=database_mounts(stream),
        ),
    )
