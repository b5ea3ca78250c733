"""The tools around the product, as far as they go without a running emulator."""

import json
import os
import socket
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tools import emulator, local_cloud
from tools.deployment import read_template, zip_folder
from tools.emulator import LocalCloudError

ROOT = Path(__file__).resolve().parents[3]


def test_the_same_code_makes_the_same_zip(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "module.py").write_text("x = 1\n")
    (tmp_path / "b" / "sub" / "__pycache__").mkdir()
    (tmp_path / "b" / "sub" / "__pycache__" / "module.cpython-313.pyc").write_bytes(b"compiled")
    os.utime(tmp_path / "b" / "sub" / "module.py", (0, 0))

    assert zip_folder(tmp_path / "a") == zip_folder(tmp_path / "b")
    with zipfile.ZipFile(BytesIO(zip_folder(tmp_path / "b"))) as archive:
        assert archive.namelist() == ["sub/module.py"]


def test_short_intrinsics_are_read_in_their_long_form(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("A: !Ref B\nC: !GetAtt D.Arn\nE: !If [F, !Sub '${G}', 1]\n")
    assert read_template(path) == {
        "A": {"Ref": "B"},
        "C": {"Fn::GetAtt": ["D", "Arn"]},
        "E": {"Fn::If": ["F", {"Fn::Sub": "${G}"}, 1]},
    }


def test_a_taken_port_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as somebody:
        somebody.bind((emulator.HOST, 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        assert local_cloud.main(["up", "--directory", str(tmp_path), "--port", str(port)]) == 1
    printed = capsys.readouterr()
    assert printed.err == (
        f"error: port {port} is taken by a program that is not this local cloud; choose another with PORT=\n"
    )


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_what_is_no_port_is_refused_before_anything_is_started(
    port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        local_cloud.main(["up", "--directory", str(tmp_path), "--port", port])
    assert refused.value.code == 2
    assert "error: argument --port: invalid" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["logs", "status"])
def test_what_needs_a_local_cloud_says_how_to_start_it(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert local_cloud.main([command, "--directory", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "error: the local cloud is not running; start it with: make up\n"


def test_down_without_a_local_cloud_is_no_error(tmp_path: Path) -> None:
    assert local_cloud.main(["down", "--directory", str(tmp_path)]) == 0


def test_a_process_that_is_not_the_emulator_is_left_alone(tmp_path: Path) -> None:
    """An old record's number may belong to anybody after a reboot; here to this test."""
    record = {"pid": os.getpid(), "port": 1, "keep": False}
    (tmp_path / "emulator.json").write_text(json.dumps(record))
    assert emulator.running(tmp_path) is None
    assert emulator.stop(tmp_path) is False


def test_a_damaged_record_is_said(tmp_path: Path) -> None:
    (tmp_path / "emulator.json").write_text("{")
    with pytest.raises(LocalCloudError, match="damaged"):
        emulator.running(tmp_path)


def test_functions_do_not_see_the_users_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTP_PROXY"):
        monkeypatch.setenv(name, "the user's")
    assert "the user's" not in emulator._environment(tmp_path, 1, keep=False).values()


def test_a_wrong_python_is_one_clear_line() -> None:
    found = subprocess.run(
        [ROOT / "tools" / "find_python.sh"],
        env={"PATH": os.environ["PATH"], "PYTHON": "/bin/false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (1, "error: PYTHON=/bin/false is not a Python 3.13\n")
