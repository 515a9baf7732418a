import os
import subprocess
import sys

import pytest
from process_work import begin, end, work

from hypgcn.processes import in_processes


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_are_in_order(jobs):
    found = list(in_processes(work, range(5), jobs, begin, ("ready",)))
    assert [(square, text) for square, text, _ in found] == [(n * n, "ready") for n in range(5)]
    assert (os.getpid() in {place for *_, place in found}) is (jobs == 1)


def test_a_process_that_ends():
    with pytest.raises(ValueError, match="jobs must be 1 here, not 2: a process ended before its work was done"):
        list(in_processes(end, range(5), 2, begin, ("ready",)))


@pytest.mark.parametrize(("guard", "text"), [(False, "jobs must be 1 here, not 2"), (True, "[0, 1, 4]")])
def test_a_script_without_a_guard_ends(tmp_path, guard, text):
    """Case 43: each process imports the script, which would begin processes of its own, without end."""
    lines = ["from process_work import begin, work", "from hypgcn.processes import in_processes",
             *(["if __name__ == '__main__':"] if guard else ["if True:"]),
             "    try:", "        print([found[0] for found in in_processes(work, range(3), 2, begin, ('ready',))])",
             "    except ValueError as error:", "        print(error)"]
    (tmp_path / "script.py").write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run([sys.executable, str(tmp_path / "script.py")], capture_output=True, encoding="utf-8",
                          timeout=120, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert text in done.stdout.splitlines()[-1]
