"""A run that was killed and resumed ends as one that was never killed, to the bit."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill_training.py")


def kill(folder: Path, random_kills: int, kills_in_saves: int) -> str:
    """Run the killings in a fresh process, which forks the trainings; return what it prints."""
    command = [sys.executable, str(SCRIPT), str(folder), str(random_kills), str(kills_in_saves)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kills_at_random_moments_and_inside_of_saves(tmp_path):
    printed = kill(tmp_path, 20, 10)
    assert "20 kills at random moments" in printed
    assert "10 kills inside of saves" in printed


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_many_kills(tmp_path):
    kill(tmp_path, 300, 150)
