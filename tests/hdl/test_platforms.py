"""Windows starts every command that needs no simulator: no module or function of one system is needed for it.

There is no Windows here: modules and functions that Python lacks there are taken away in a process of its own.
"""

import ast
import os
import subprocess
import sys

import pytest

from contracts.tree import PACKAGES, ROOT, modules
from hypgcn_sim.verilator.lock import build_lock

MODULES = ("resource", "fcntl", "termios", "tty", "pty", "pwd", "grp", "syslog", "readline", "curses", "crypt", "spwd",
           "nis", "msvcrt", "winreg", "winsound", "_winapi")
"""Of POSIX or of Windows alone, by Python's documentation of each."""
NAMES = {
    "os": ("fork", "forkpty", "killpg", "getpgid", "setsid", "getuid", "geteuid", "getgid", "getpgrp", "uname", "nice",
           "sched_getaffinity", "mkfifo", "openpty", "ttyname", "chown", "getloadavg", "wait", "wait3", "wait4",
           "sysconf", "pipe2", "O_NOCTTY", "O_NONBLOCK", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "WNOHANG",
           "startfile"),
    "signal": ("SIGKILL", "SIGALRM", "SIGHUP", "SIGCHLD", "SIGUSR1", "SIGPIPE", "SIGSTOP", "alarm", "setitimer",
               "pthread_sigmask"),
    "select": ("poll", "epoll", "kqueue"),
    "time": ("tzset", "clock_gettime"),
}
"""Functions and constants that modules of all systems have on POSIX or on Windows alone, by the same documentation."""

SCRIPT = f"""
import sys
for name in {MODULES!r}:
    sys.modules[name] = None
from hypgcn import cli  # with what the libraries need of the system that this really is
import numpy, argparse, os, signal, select, time
for module, names in {NAMES!r}.items():
    for name in names:
        vars(sys.modules[module]).pop(name, None)

def run(*argv):
    try:
        status = cli.main(list(argv))
    except SystemExit as end:
        status = end.code
    assert not status, (argv, status)

parser = cli.whole_parser()
commands, = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
for command in commands.choices:
    run(command, "--help")
    print("started", command)
run("--help")
run("--version")
run("presets")
run("allocate", "tiny", "--dsp", "120", "-o", "folding.json")
run("estimate", "tiny", "--folding", "folding.json", "--memory")
run("activity", "tiny", "--clips", "1", "--jobs", "1", "-o", "activity.json")
print("whole")
"""


def run_python(text, folder, *options, **environment):
    paths = [str(PACKAGES[name].parent) for name in PACKAGES]
    return subprocess.run([sys.executable, *options, "-c", text], cwd=folder, capture_output=True, text=True,
                          encoding="utf-8", errors="replace", timeout=120,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment})


def test_commands_start_without_the_modules_of_one_system(tmp_path):
    found = run_python(SCRIPT, tmp_path)
    assert found.returncode == 0, found.stderr
    assert found.stdout.endswith("whole\n")
    assert found.stdout.count("started ") > 20


def top_level(tree):
    """Nodes that run when a module is imported."""
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_of_one_system_is_imported_at_import(package):
    for path in modules(package):
        for node in top_level(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else \
                [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not set(names) & set(MODULES), f"{path.relative_to(ROOT)}:{node.lineno}"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert node.attr not in NAMES.get(node.value.id, ()), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_the_suite_is_collected_without_them():
    tree = ast.parse((ROOT / "tests/conftest.py").read_text(encoding="utf-8"))
    assert not {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                for alias in node.names} & set(MODULES)


def test_simulators_need_linux_or_macos(tmp_path, monkeypatch):
    with build_lock(tmp_path):
        pass
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(OSError, match="a simulator is built on Linux or macOS only"), build_lock(tmp_path):
        pass
