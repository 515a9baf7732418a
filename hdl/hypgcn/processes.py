"""Work in several processes, which end with one error where they cannot begin."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

__all__ = ["in_processes"]


def in_processes(work: Callable[[Any], Any], tasks: Iterable[Any], jobs: int, start: Callable[..., None],
                 arguments: tuple) -> Iterator[Any]:
    """Results of ``work`` on each of ``tasks``, in their order.

    Processes are spawned, not forked: the caller may have threads, which a fork would copy in the middle of their work.

    Parameters
    ----------
    work, start : callable
        Functions of modules; ``start`` is called with ``arguments`` once in each process.
    tasks : iterable
    jobs : int
        Processes; with 1 all is done here.
    arguments : tuple

    Raises
    ------
    ValueError
        A process ended before its work: most often the caller is a script that does its work when it is imported, as
        every new process does first.
    """
    if jobs == 1:
        start(*arguments)
        yield from map(work, tasks)
        return
    try:
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), start, arguments) as pool:
            yield from pool.map(work, tasks)
    except BrokenProcessPool as error:
        raise ValueError(f"jobs must be 1 here, not {jobs}: a process ended before its work was done. A script that "
                         f"works in several processes must do its work behind if __name__ == \"__main__\", because "
                         f"each of them imports it; or the memory was too small for so many") from error
