"""TopicReady: the topics, and the users where Strimzi manages Kafka."""

from collections.abc import Sequence
from datetime import datetime

from cryptostream_operator.builders.inputs import Stream
from cryptostream_operator.conditions import TOPIC_READY, WARNING, Judgement
from cryptostream_operator.kinds import JOB, KAFKA_TOPIC, KAFKA_USER, POD, Manifest, Ref
from cryptostream_operator.labels import JOB_NAME
from cryptostream_operator.plan.actions import obstacle
from cryptostream_operator.plan.children import Child
from cryptostream_operator.plan.inputs import Observed, Policy, age
from cryptostream_operator.plan.secrets import missing_secret
from cryptostream_operator.plan.troubles import last_words, pod_trouble, refused_pods
from cryptostream_operator.plan.upgrade import succeeded

TOPICS = "topics"


def judge_topics(
    stream: Stream, children: Sequence[Child], observed: Observed, policy: Policy, now: datetime
) -> Judgement:
    """Whether producers and job find what they read and write."""
    missing = missing_secret(stream, observed, TOPIC_READY)
    if missing is not None:
        return Judgement(TOPIC_READY, "False", "SecretMissing", missing)
    found = obstacle(TOPIC_READY, children, stream, observed)
    if found is not None:
        return found
    if stream.spec.kafka.mode == "external":
        return _judge_job(children, observed)
    for child in children:
        if child.kind in (KAFKA_TOPIC, KAFKA_USER):
            judged = _judge_resource(child.ref, observed.objects[child.ref], stream, policy, now)
            if judged is not None:
                return judged
    return Judgement(TOPIC_READY, "True", "TopicsReady", f"all topics and users of {stream.name} are ready")


def warn_of_other_topics(stream: Stream, children: Sequence[Child], observed: Observed) -> Judgement | None:
    """A warning of what the Job could not change of topics that it found."""
    if stream.spec.kafka.mode != "external":
        return None
    ref = next(child.ref for child in children if child.part == TOPIC_READY and child.kind == JOB)
    if not succeeded(observed.objects.get(ref, {})):
        return None
    pods = (pod for _, pod in observed.of(POD, TOPICS) if pod["metadata"].get("labels", {}).get(JOB_NAME) == ref.name)
    said = "; ".join(line for pod in pods for line in last_words(pod).splitlines() if line)
    return Judgement(WARNING, "True", "OtherTopics", said) if said else None


def _judge_resource(ref: Ref, live: Manifest, stream: Stream, policy: Policy, now: datetime) -> Judgement | None:
    status = live.get("status") or {}
    if not status.get("conditions"):
        if age(live, now) < policy.not_taken_up_after:
            return Judgement(TOPIC_READY, "False", "Creating", f"waiting for Strimzi to make {ref}")
        cluster = stream.spec.kafka.cluster
        message = (
            f"no operator has looked at {ref}: check that Kafka {cluster} (spec.kafka.cluster) exists in namespace "
            f"{stream.namespace} and that its entity operator runs"
        )
        return Judgement(TOPIC_READY, "False", "NotTakenUp", message)
    ready: Manifest = next((condition for condition in status["conditions"] if condition.get("type") == "Ready"), {})
    if ready.get("status") == "True":
        if status.get("observedGeneration") == live["metadata"].get("generation"):
            return None
        return Judgement(TOPIC_READY, "False", "Creating", f"waiting for Strimzi to bring {ref} up to date")
    said = ready.get("message") or ready.get("reason") or "it gives no reason"
    return Judgement(TOPIC_READY, "False", "TopicNotReady", f"{ref} is not ready, Strimzi says: {said}")


def _judge_job(children: Sequence[Child], observed: Observed) -> Judgement:
    ref = next(child.ref for child in children if child.part == TOPIC_READY and child.kind == JOB)
    job = observed.objects[ref]
    if succeeded(job):
        return Judgement(TOPIC_READY, "True", "TopicsReady", f"{ref} has made the topics")
    trouble = pod_trouble(pod for _, pod in observed.of(POD, TOPICS))
    if trouble is not None:
        return Judgement(TOPIC_READY, "False", trouble.reason, trouble.message)
    refused = refused_pods(job.get("status", {}).get("conditions"))
    if refused is not None:
        return Judgement(TOPIC_READY, "False", "PodsRefused", f"{ref} has no pod: {refused}")
    return Judgement(TOPIC_READY, "False", "MakingTopics", f"{ref} is making the topics")
