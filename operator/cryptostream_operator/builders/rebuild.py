"""The Job that discards what was computed with former lengths, so that the job computes it anew."""

from cryptostream_operator.api.hashing import checkpoint_hash
from cryptostream_operator.builders.database_access import database_mounts, database_volumes
from cryptostream_operator.builders.environment import rebuild_environment
from cryptostream_operator.builders.inputs import Defaults, Manifest, Stream, job_image
from cryptostream_operator.builders.one_shot import OneShot, kubernetes_job
from cryptostream_operator.builders.variables import entries


def rebuild_job(stream: Stream, defaults: Defaults) -> Manifest:
    """Runs while the Spark application is stopped; the next driver reads the topic from its beginning."""
    return kubernetes_job(
        stream,
        defaults,
        OneShot(
            name=stream.names.rebuild_job(checkpoint_hash(stream.spec)),
            component="rebuild",
            image=job_image(stream, defaults),
            image_pull_policy=stream.spec.job.image_pull_policy,
            service_account=stream.names.job,
            command=["cryptostream", "rebuild", "--from", "beginning"],
            environment=entries(rebuild_environment(stream)),
            memory="512Mi",
            volumes=database_volumes(stream),
            volume_mounts=database_mounts(stream),
        ),
    )
