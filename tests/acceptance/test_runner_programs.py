"""Programs written for the documented and the published SDK, run unchanged in processes of their own."""

from __future__ import annotations

import signal
from pathlib import Path

from rochallor_cli.dev_engine import DevEngine
from support.programs import running_program
from support.sdk_workers import chain, wait_for_status
from workflow_sdk.client.rest import RestEngineClient


def test_the_documented_minimal_worker_runs_as_it_stands(
    engine: DevEngine, admin: RestEngineClient, tmp_path: Path
) -> None:
    admin.upload_definition(chain("orders", "process-order"))
    instance = admin.start_instance("orders", {"orderId": "A-1"})["id"]
    with running_program(tmp_path, "documented_minimal.py", port=engine.port) as program:
        wait_for_status(admin, [instance])
        program.signal(signal.SIGTERM)
        assert program.end() == 0, program.output
    assert admin.get_instance(instance)["variables"] == {"orderId": "A-1", "processed": True}


def test_the_documented_demo_runs_as_it_stands(
    engine: DevEngine, admin: RestEngineClient, tmp_path: Path
) -> None:
    """Its last function is written below the call of main(), so it is started once that one is there."""
    late = "import runpy\n\nrunpy.run_path('documented_demo.py')['main']()\n"
    with running_program(tmp_path, "documented_demo.py", port=engine.port):
        pass
    (tmp_path / "start.py").write_text(late)
    with running_program(tmp_path, "documented_demo.py", port=engine.port, before="") as program:
        program.wait_for("Uploaded definition: loan-processing-workflow v1")
        failing = admin.start_instance("loan-processing-workflow", {"applicantId": ""})["id"]
        wait_for_status(admin, [failing], "FAILED")
        unfinished = admin.start_instance("loan-processing-workflow", {"applicantId": "A-1"})["id"]
        wait_for_status(admin, [unfinished], "FAILED")
        program.signal(signal.SIGINT)
        assert program.end() == 0, program.output
    assert "NonRetryableError: applicantId is required" in admin.get_instance(failing)["failureReason"]
    assert "NameError: name 'fetch_credit_score'" in admin.get_instance(unfinished)["failureReason"]


def test_the_documented_admin_calls_run_as_they_stand(
    engine: DevEngine, admin: RestEngineClient, tmp_path: Path
) -> None:
    definition = {
        "id": "my-workflow",
        "name": "loan",
        "steps": [
            {"id": "review", "name": "Review", "type": "USER_TASK", "nextStep": "end"},
            {"id": "end", "name": "end", "type": "END"},
        ],
    }
    admin.upload_definition(definition)
    waiting = admin.start_instance("my-workflow")["id"]
    before = f"definition_dict = {definition!r}\ntask_id = '{waiting}/review'\n"
    with running_program(tmp_path, "documented_admin.py", port=engine.port, before=before) as program:
        assert program.end() == 0, program.output
    assert admin.get_instance(waiting)["variables"] == {"approved": True}
    cancelled = admin.list_instances(status="CANCELLED")["items"]
    assert [instance["businessKey"] for instance in cancelled] == ["APP-2024-001"]


def test_a_program_of_the_published_sdk_runs_unchanged(engine: DevEngine, tmp_path: Path) -> None:
    with running_program(tmp_path, "published_style.py", port=engine.port) as program:
        assert program.end() == 0, program.output
    assert "COMPLETED ['x']" in program.output
    assert "404 definition not found" in program.output
    assert "True" in program.lines
    assert "no heartbeat here" in program.lines


def test_a_client_of_the_users_own_needs_three_methods(tmp_path: Path) -> None:
    with running_program(tmp_path, "own_client.py") as program:
        assert program.end() == 0, program.output
    assert "380 20 True" in program.output
