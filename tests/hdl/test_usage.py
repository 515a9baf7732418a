import subprocess
import sys

from hypgcn.usage import cpu_seconds, peak_memory_mb


def test_memory(monkeypatch):
    here = peak_memory_mb()
    assert 10 < here < 100_000
    monkeypatch.setattr(sys, "platform", "darwin")  # where the system counts bytes
    assert peak_memory_mb() < here / 500
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    assert peak_memory_mb() is None


def test_seconds_count_the_tools():
    before = cpu_seconds()
    subprocess.run([sys.executable, "-S", "-c", "for _ in range(3_000_000): pass"], check=True)
    assert cpu_seconds() - before > 0.01
