"""The Kubernetes manifests of docs/deploy, as kustomize writes them, held to the API's schemas and to each other."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.config.resolution import resolve_host
from rochallor_cli.hosting.config.workers_file import read_workers_file
from support.documentation_pages import blocks
from workflow_sdk.runner.kafka.intake import group_of, topic_of

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "docs" / "deploy" / "kubernetes"
KEDA = ROOT / "tests" / "deployment" / "schemas" / "keda-scaledobject.json"
FOLDERS = ("base", "kafka")
API_VERSIONS = ("1.32", "1.35")
# Between SIGTERM and SIGKILL there must be more than the default drain and 5 s.
LEAST_GRACE_S = 25 + 5


@pytest.fixture(params=FOLDERS)
def written(request: pytest.FixtureRequest, tool: Callable[[str], str]) -> str:
    command = [tool("kubectl"), "kustomize", str(KUBERNETES / request.param)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def manifest(written: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in yaml.safe_load_all(written):
        found.setdefault(each["kind"], []).append(each)
    return found


def pod_of(manifest: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    (deployment,) = manifest["Deployment"]
    return deployment["spec"]["template"]["spec"]  # type: ignore[no-any-return]


def container_of(manifest: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    (container,) = pod_of(manifest)["containers"]
    return container  # type: ignore[no-any-return]


@pytest.mark.parametrize("version", API_VERSIONS)
def test_the_api_knows_every_field(
    written: str, version: str, tmp_path: Path, tool: Callable[[str], str]
) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(written)
    command = [tool("kubernetes-validate"), "--strict", "-k", version, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pod_gets_time_to_drain_and_the_right_probes(manifest: dict[str, Any]) -> None:
    container = container_of(manifest)
    assert pod_of(manifest)["terminationGracePeriodSeconds"] > LEAST_GRACE_S
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("liveness", "readiness", "startup")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "liveness": "/livez",
        "readiness": "/readyz",
        "startup": "/livez",
    }
    (port,) = container["ports"]
    assert {probe["port"] for probe in probes.values()} == {port["name"]}


def test_the_pod_is_restricted(manifest: dict[str, Any]) -> None:
    """The rules of Pod Security's profile "restricted", which the namespace also enforces."""
    pod, container = pod_of(manifest), container_of(manifest)
    (namespace,) = manifest["Namespace"]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {*pod} & {"hostNetwork", "hostPID", "hostIPC"} == set()
    assert all({*volume} & {"configMap", "secret", "emptyDir"} for volume in pod["volumes"])


def test_every_secret_and_configuration_that_is_named_is_there(manifest: dict[str, Any]) -> None:
    pod, container = pod_of(manifest), container_of(manifest)
    there = {kind: {each["metadata"]["name"] for each in manifest[kind]} for kind in ("Secret", "ConfigMap")}
    secrets = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    for entry in container["env"]:
        reference = entry.get("valueFrom", {}).get("secretKeyRef")
        secrets |= {reference["name"]} if reference else set()
    assert secrets == there["Secret"]
    assert {volume["configMap"]["name"] for volume in pod["volumes"] if "configMap" in volume} == there[
        "ConfigMap"
    ]
    assert {mount["name"] for mount in container["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }


def test_everything_selects_the_pods_of_the_deployment(manifest: dict[str, Any]) -> None:
    (deployment,), (service,), (budget,) = (
        manifest[kind] for kind in ("Deployment", "Service", "PodDisruptionBudget")
    )
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    selectors = [deployment["spec"]["selector"]["matchLabels"], service["spec"]["selector"]]
    selectors.append(budget["spec"]["selector"]["matchLabels"])
    assert all(selector.items() <= labels.items() for selector in selectors)
    (scaler,) = manifest["HorizontalPodAutoscaler"]
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert "replicas" not in deployment["spec"], "every apply would undo what the autoscaler has done"


def test_a_changed_workers_file_rolls_the_pods(manifest: dict[str, Any]) -> None:
    (configuration,) = manifest["ConfigMap"]
    assert configuration["metadata"]["name"].startswith("loan-workers-")


def test_the_workers_file_is_accepted_and_leaves_time_to_drain(
    manifest: dict[str, Any], tmp_path: Path
) -> None:
    (configuration,) = manifest["ConfigMap"]
    path = tmp_path / "workers.yaml"
    path.write_text(configuration["data"]["workers.yaml"])
    container = container_of(manifest)
    environ = {entry["name"]: str(entry.get("value", "from-elsewhere")) for entry in container["env"]}
    file = read_workers_file(str(path), io.StringIO(), environ)
    config = resolve_host({}, {}, file=file, engine=None, log_with_time=False)  # type: ignore[arg-type]
    (port,) = container["ports"]
    assert (config.health.host, config.health.port) == ("0.0.0.0", port["containerPort"])
    assert config.workers[0].worker_id == "from-elsewhere"
    assert config.workers[0].modules == ("/app/handlers/",)
    assert pod_of(manifest)["terminationGracePeriodSeconds"] > config.workers[0].drain_timeout_s + 5


def test_the_page_about_scaling_asks_for_what_workers_have_and_is_known_to_keda(
    tmp_path: Path, tool: Callable[[str], str]
) -> None:
    shown = [yaml.safe_load(block.text) for block in blocks(ROOT / "docs" / "deploy" / "scaling.md", "yaml")]
    deployment, space = (
        yaml.safe_load((KUBERNETES / "base" / name).read_text("utf-8"))
        for name in ("deployment.yaml", "kustomization.yaml")
    )
    for number, scaled in enumerate(shown):
        assert scaled["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
        assert scaled["metadata"]["namespace"] == space["namespace"]
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(scaled))
        command = [tool("check-jsonschema"), "--schemafile", str(KEDA), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout
    lag, slots = (scaled["spec"]["triggers"][0]["metadata"] for scaled in shown)
    job_type = lag["topic"].rpartition(".")[2]
    assert (lag["topic"], lag["consumerGroup"]) == (topic_of(job_type), group_of(job_type))
    assert slots["query"] == "sum(workflow_sdk_slots_in_use)"
    assert int(slots["threshold"]) == int(0.7 * WorkerConfig.parallelism)


def test_the_overlay_that_the_page_shows_changes_what_there_is() -> None:
    (block,) = blocks(ROOT / "docs" / "deploy" / "README.md", "yaml overlay")
    shown = yaml.safe_load(block.text)
    assert shown["resources"] == ["../base"]
    base, deployment = (
        yaml.safe_load((KUBERNETES / "base" / f"{name}.yaml").read_text("utf-8"))
        for name in ("kustomization", "deployment")
    )
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in shown["images"]] == [container["image"].rpartition(":")[0]]
    (replaced,) = shown["configMapGenerator"]
    assert replaced["behavior"] == "replace"
    assert [(each["name"], each["files"]) for each in base["configMapGenerator"]] == [
        (replaced["name"], replaced["files"])
    ]
