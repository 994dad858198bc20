"""The Kubernetes client: server-side apply and the few other requests that the operator makes.

Calls block: they are made from worker threads, never from the event loop.
"""

import json
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

from cryptostream_operator.apply.errors import RequestError, read_error
from cryptostream_operator.kinds import CRYPTO_STREAM, NAMESPACE, Kind, Manifest, Ref
from cryptostream_operator.labels import OPERATOR
from cryptostream_operator.metrics import OperatorMetrics

FIELD_MANAGER = OPERATOR
_TRIES = 4
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 10.0
_STATUS = "status"
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_REVIEW_VERSION = "authorization.k8s.io/v1"
_REVIEWS = f"/apis/{_REVIEW_VERSION}/selfsubjectaccessreviews"
_DISCOVERY = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
)


class Client:
    """Requests to the API server, each with a timeout, retries where they help, and a count."""

    def __init__(
        self,
        metrics: OperatorMetrics,
        timeout: timedelta,
        connections: int,
        stopping: threading.Event | None = None,
        random_part: Callable[[], float] = random.random,
    ) -> None:
        """Use the service account of the pod, else KUBECONFIG. Raises kubernetes' ConfigException without either."""
        configuration = client.Configuration()
        try:
            config.load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        except config.ConfigException:
            config.load_kube_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        configuration.connection_pool_maxsize = connections
        configuration.retries = urllib3.Retry(total=0)
        self._api = client.ApiClient(configuration)
        self._dynamic = DynamicClient(self._api, discoverer=lambda *_: None)  # type: ignore[no-untyped-call]
        self._metrics = metrics
        self._timeout = timeout.total_seconds()
        self._stopping = stopping or threading.Event()
        self._random = random_part

    def apply(self, manifest: Manifest, kind: Kind, force: bool = False) -> Manifest:
        """Server-side apply with our field manager. ``metadata.resourceVersion`` and ``uid`` are preconditions.
        Raises RequestError."""
        return self._apply(manifest, kind, force, "")

    def apply_status(self, manifest: Manifest) -> Manifest:
        """The same for a CryptoStream's status. Raises RequestError."""
        return self._apply(manifest, CRYPTO_STREAM, True, _STATUS)

    def get(self, ref: Ref) -> Manifest | None:
        """The object, None when it does not exist. Raises RequestError."""
        try:
            return self._request("get", ref.kind, _path(ref.kind, ref.namespace, ref.name))
        except RequestError as error:
            if error.code == 404:
                return None
            raise

    def version(self, ref: Ref) -> str | None:
        """The version of an object, of which nothing but the metadata is sent; None when it does not exist.
        Raises RequestError."""
        try:
            found = self._request(
                "get",
                ref.kind,
                _path(ref.kind, ref.namespace, ref.name),
                header_params={"Accept": _METADATA},
            )
        except RequestError as error:
            if error.code == 404:
                return None
            raise
        return str(found["metadata"]["resourceVersion"])

    def namespace_labels(self, name: str) -> Mapping[str, str] | None:
        """The labels of a namespace, None when there is none or it may not be looked at. Raises RequestError."""
        try:
            found = self._request("get", NAMESPACE, _path(NAMESPACE, None, name))
        except RequestError as error:
            if error.code in (403, 404):
                return None
            raise
        labels: Mapping[str, str] = found["metadata"].get("labels") or {}
        return labels

    def list(self, kind: Kind, namespace: str | None, label_selector: str | None) -> tuple[Sequence[Manifest], int]:
        """The objects of a kind, in one namespace or all, and the version of the list. Raises RequestError."""
        answer = self._request("list", kind, _path(kind, namespace), label_selector=label_selector)
        items: Sequence[Manifest] = answer.get("items") or []
        for item in items:
            item.setdefault("apiVersion", kind.api_version)
            item.setdefault("kind", kind.kind)
        return items, int(answer.get("metadata", {}).get("resourceVersion") or 0)

    def delete(self, ref: Ref, uid: str, foreground: bool) -> None:
        """Delete the object with this uid; one that is gone or another is left. Raises RequestError."""
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Foreground" if foreground else "Background",
            "preconditions": {"uid": uid},
        }
        try:
            self._request("delete", ref.kind, _path(ref.kind, ref.namespace, ref.name), body=body)
        except RequestError as error:
            if error.code not in (404, 409):
                raise

    def create(self, manifest: Manifest, kind: Kind) -> bool:
        """Create an object; False when one of its name exists. Raises RequestError."""
        path = _path(kind, manifest["metadata"]["namespace"])
        try:
            self._request("post", kind, path, body=manifest, field_manager=FIELD_MANAGER)
        except RequestError as error:
            if error.code == 409:
                return False
            raise
        return True

    def served(self) -> frozenset[tuple[str, str, str]]:
        """(group, version, kind) of everything that the API server knows. Raises RequestError."""
        found = set()
        for path in ("/api", "/apis"):
            answer = self._request("discover", None, path, header_params={"Accept": _DISCOVERY})
            for group in answer.get("items") or []:
                name = (group.get("metadata") or {}).get("name", "")
                for version in group.get("versions") or []:
                    for resource in version.get("resources") or []:
                        kind = (resource.get("responseKind") or {}).get("kind", "")
                        found.add((name, version["version"], kind))
        return frozenset(found)

    def allowed(self, verb: str, group: str, plural: str) -> bool:
        """Whether the operator may do something with a kind anywhere in the cluster; so it seems where it may not even
        ask. Raises RequestError."""
        asked = {"verb": verb, "group": group, "resource": plural}
        body = {"apiVersion": _REVIEW_VERSION, "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": asked}}
        try:
            answer = self._request("discover", None, _REVIEWS, method="post", body=body)
        except RequestError as error:
            if error.is_refusal or error.code == 404:
                return True
            raise
        return bool(answer.get("status", {}).get("allowed"))

    def read_page(self, namespace: str, pod: str, port: int, page: str) -> tuple[int, str]:
        """Status and text of a page of a pod, through the API server. Raises RequestError without an answer."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy{page}"
        try:
            response = self._raw("get", path, "proxy", header_params={"Accept": "*/*"})
        except RequestError as error:
            if error.code == 503 and error.reason != "ServiceUnavailable":
                return 503, error.message
            raise
        return int(response.status), response.data.decode(errors="replace")

    def _apply(self, manifest: Manifest, kind: Kind, force: bool, subresource: str) -> Manifest:
        metadata = manifest["metadata"]
        path = _path(kind, metadata["namespace"], metadata["name"], subresource)
        return self._request(
            "patch",
            kind,
            path,
            body=manifest,
            content_type="application/apply-patch+yaml",
            field_manager=FIELD_MANAGER,
            force_conflicts=force,
            query_params=[("fieldValidation", "Strict")],
        )

    def _request(self, verb: str, kind: Kind | None, path: str, **options: Any) -> Manifest:
        """One request, tried again after 429, 5xx and broken connections."""
        label = kind.kind if kind is not None else "discovery"
        delay = _FIRST_DELAY
        for attempt in range(1, _TRIES + 1):
            # The dynamic client appends to what it is given.
            given = {**options, "query_params": list(options.get("query_params", ()))}
            try:
                response = self._raw(verb, path, label, **given)
                answer: Manifest = json.loads(response.data)
            except RequestError as error:
                if attempt == _TRIES or not _passes(error) or self._stopping.is_set():
                    raise
                pause = error.retry_after or delay * (0.5 + self._random() / 2)
                if self._stopping.wait(min(pause, _LONGEST_DELAY)):
                    raise
                delay *= 2
            else:
                return answer
        raise AssertionError("unreachable")

    def _raw(self, verb: str, path: str, label: str, method: str | None = None, **options: Any) -> Any:
        method = method or ("get" if verb in ("list", "discover") else verb)
        try:
            response = self._dynamic.request(method, path, serialize=False, _request_timeout=self._timeout, **options)
        except ApiException as error:
            found = read_error(int(error.status or 0), error.body, str(error.reason or ""))
            found.retry_after = _retry_after(error.headers)
            self._metrics.requests.labels(verb, label, str(found.code)).inc()
            raise found from None
        except urllib3.exceptions.HTTPError as error:
            self._metrics.requests.labels(verb, label, "none").inc()
            raise RequestError(0, "NoAnswer", f"no answer of the API server: {type(error).__name__}") from None
        self._metrics.requests.labels(verb, label, str(response.status)).inc()
        return response


def _passes(error: RequestError) -> bool:
    return not error.is_refusal and (error.code in (0, 429) or error.code >= 500)


def _retry_after(headers: Mapping[str, str] | None) -> float | None:
    value = (headers or {}).get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _path(kind: Kind, namespace: str | None, name: str | None = None, subresource: str = "") -> str:
    parts = ["", "apis", kind.group, kind.version] if kind.group else ["", "api", kind.version]
    if namespace is not None:
        parts += ["namespaces", namespace]
    return "/".join([*parts, kind.plural, *(part for part in (name, subresource) if part)])
