"""What a run depends on, kept in its folder: no run continues, or passes for, another one.

Every step that stores something in a folder opens it here, with everything that its result follows from: contents of
recordings and checkpoints, settings, the number of what the code computes. The folder has it as ``STEP.run.json``. The
same run is taken up, or, where it is finished, only read; another one is refused before any work.
"""

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from hypgcn.design import Design
from hypgcn.design.files import folder_lock, write_json

from ..messages import say
from ..recordings.identity import digest

__all__ = ["Run", "Step", "content", "differences", "is_finished", "open_run"]


@dataclass(frozen=True)
class Step:
    """A step and what it writes.

    Parameters
    ----------
    name : str
        Of the command.
    files : tuple of str
        Patterns of all its files, relative to its folder; nothing else is ever removed.
    version : int
        Number of what it computes: raised where the same settings begin to give other results, so that a run of the
        code before is neither continued by the code after it nor passes for its own.
    longer : str
        What to do about a run that differs in ``epochs`` alone: why it is another one, and what prolongs the result.
    """

    name: str
    files: tuple[str, ...]
    version: int = 1
    longer: str = ""

    @property
    def record(self) -> str:
        """Name of the record's file."""
        return f"{self.name}.run.json"

    def inside(self, folder: str) -> tuple[str, ...]:
        """Patterns of its files and its record where it is a part of another step, in ``folder`` there."""
        return tuple(f"{folder}/{name}" for name in (*self.files, self.record))

    def found(self, folder: Path) -> list[Path]:
        """Its files that are in ``folder``, but for the record."""
        return sorted(path for pattern in self.files for path in folder.glob(pattern) if path.is_file())


@dataclass(frozen=True)
class Run:
    """An opened run.

    Parameters
    ----------
    hash : str
        Of everything that it depends on.
    finished : bool
        Its results are there and are those that it wrote.
    resumed : bool
        It was begun before, and not finished.
    path : Path
        Its record.
    entry : dict
        Content of the record.
    """

    hash: str
    finished: bool
    resumed: bool
    path: Path
    entry: dict

    def finish(self, *results: str):
        """Record that the run is complete, with the content of its ``results``, names in its folder."""
        found = {name: content(self.path.parent / name) for name in results}
        write_json(self.path, {**self.entry, "finished": True, "results": found})


def content(path) -> str:
    """Hash of a file, or of a design's folder, whose notes do not count, as text."""
    path = Path(path)
    if path.is_dir():
        return f"design:{Design.load(path).hash}"
    if not path.is_file():
        raise FileNotFoundError(f"{path} not found")
    with open(path, "rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def _plain(values: Mapping) -> dict:
    """``values`` as they come back from JSON."""
    return json.loads(json.dumps(dict(values)))


def _shown(value) -> str:
    if isinstance(value, str) and value.partition(":")[0] in ("sha256", "design"):
        return f"content {value.partition(':')[2][:12]}"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def differences(there: Mapping, here: Mapping) -> list[str]:
    """One text for each entry in which two runs differ, with both values."""
    absent = object()
    texts = []
    for name in dict.fromkeys([*here, *there]):
        old, new = there.get(name, absent), here.get(name, absent)
        if old != new:
            texts.append(f"{name}: {'nothing' if old is absent else _shown(old)} there, "
                         f"{'nothing' if new is absent else _shown(new)} here")
    return texts


def _place() -> dict:
    """What else decides about the last bits: a run that goes on elsewhere does not end with those of one machine."""
    return {"torch": torch.__version__, "machine": platform.machine(),
            "instructions": torch.backends.cpu.get_cpu_capability()}


def _read(path: Path) -> dict:
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        dicts = all(isinstance(entry[name], dict) for name in ("depends", "results", "place"))
        if dicts and isinstance(entry["run"], str) and isinstance(entry["finished"], bool):
            return entry
    except (ValueError, KeyError, TypeError):
        pass
    raise ValueError(f"{path} is damaged: it must hold run, depends, place, finished and results; --fresh removes the "
                     f"run that it belongs to, and begins anew")


def is_finished(folder, step: Step) -> bool:
    """Whether ``folder`` holds a finished run of ``step``, whichever that is."""
    path = Path(folder) / step.record
    return path.is_file() and _read(path)["finished"]


def _check_results(folder: Path, step: Step, results: Mapping[str, str]):
    for name, wanted in results.items():
        try:
            found = content(folder / name)
        except FileNotFoundError:
            found = ""
        if found != wanted:
            raise ValueError(f"{folder / name} is {'not what' if found else 'missing, which'} the finished run of "
                             f"{step.name} in this folder wrote: it was {'changed' if found else 'removed'} since; "
                             f"--fresh begins anew, another folder (-o) leaves it")


def _clear(folder: Path, step: Step):
    """Remove the files of ``step``, and folders that this empties."""
    for path in [*step.found(folder), folder / step.record]:
        path.unlink(missing_ok=True)
    for inner in sorted({folder / Path(pattern).parent for pattern in step.files} - {folder}):
        for place in folder.glob(str(inner.relative_to(folder))):
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()


def _refused(folder: Path, step: Step, entry: dict, texts: Sequence[str]) -> ValueError:
    state = "finished" if entry["finished"] else "unfinished"
    return ValueError(f"{folder} holds another run of {step.name} ({state}), which differs from this one in "
                      f"{'; '.join(texts)}. Give another folder (-o), or the settings and inputs of that run, or "
                      f"--fresh to remove it and begin anew"
                      + (f". {step.longer}" if step.longer and [text.partition(":")[0] for text in texts] == ["epochs"]
                         else ""))


@contextmanager
def open_run(folder, step: Step, depends: Mapping, *, fresh: bool = False, progress: bool = True) -> Iterator[Run]:
    """The run of ``step`` in ``folder`` that ``depends`` describes; no other process opens the folder meanwhile.

    Parameters
    ----------
    folder : path
        Made where it is missing; removed where the block fails before it wrote anything.
    step : Step
    depends : Mapping
        Plain data: everything that the result follows from, by names that messages show.
    fresh : bool
        Remove what an earlier run of the step left, whatever it was, and begin anew.
    progress : bool
        Say when a run is taken up or already finished.

    Raises
    ------
    ValueError
        The folder holds another run, one of a version without records, or results that were changed since.
    TimeoutError
        Another process works in the folder.
    """
    folder = Path(folder)
    depends = _plain({**depends, f"version of {step.name}": step.version})
    made = not folder.exists()
    try:
        with folder_lock(folder, wait=0):
            run = _open(folder, step, depends, fresh)
            _announce(folder, step, run, progress)
            try:
                yield run
            except BaseException:
                if not step.found(folder):
                    (folder / step.record).unlink(missing_ok=True)
                raise
    except BaseException:
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise


def _announce(folder: Path, step: Step, run: Run, progress: bool):
    if progress and run.finished:
        say(f"{folder}: this run of {step.name} is finished, nothing is done again")
    elif progress and run.resumed:
        say(f"{folder}: the interrupted run of {step.name} goes on")
    if run.resumed and run.entry["place"] != _place():
        say(f"{folder}: this run of {step.name} was begun elsewhere ("
            + "; ".join(differences(run.entry["place"], _place()))
            + "), so that its last bits may not be those of an uninterrupted one")


def _open(folder: Path, step: Step, depends: dict, fresh: bool) -> Run:
    if fresh:
        _clear(folder, step)
    path, found = folder / step.record, step.found(folder)
    if path.is_file():
        entry = _read(path)
        texts = differences(entry["depends"], depends)
        if texts and found:
            raise _refused(folder, step, entry, texts)
        if not texts:
            if entry["finished"]:
                _check_results(folder, step, entry["results"])
            return Run(entry["run"], entry["finished"], bool(found) and not entry["finished"], path, entry)
    elif found:
        raise ValueError(f"{folder} holds {found[0].relative_to(folder)} of a run of {step.name} that did not record "
                         f"what it depends on (an earlier version, or copied files), so that nobody can know whether "
                         f"it is this run. Give another folder (-o), or --fresh to remove it and begin anew")
    text = json.dumps([step.name, depends], sort_keys=True)
    entry = {"run": digest([text.encode()]), "depends": depends, "place": _place(), "finished": False, "results": {}}
    write_json(path, entry)
    return Run(entry["run"], False, False, path, entry)
