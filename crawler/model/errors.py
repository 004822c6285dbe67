"""Every error that a user can see, as one tree.

::

    CrawlerError                 one clear sentence; .exit_code says how the command ends
    ├── UsageError         (2)   the command line, the config or the call is wrong
    │   ├── ConfigError          a key, its value, where it came from, what is allowed
    │   ├── ExtractError         the extract function does not import or cannot travel
    │   ├── MainGuardError       a script without `if __name__ == "__main__":`
    │   ├── OutputError          OUT cannot be written, or holds another crawl
    │   ├── AlreadyFinished      OUT holds this crawl, which has nothing left to do
    │   └── OutputBusyError      OUT is in use by a live crawl, whose pid it names
    └── CrawlFailed        (3)   the crawl could not be done, or not to its end, or no page was ok
        ├── SinkFailed           a sink gave up (disk full, killed too often)
        ├── StoreFailed          crawl.db cannot be written or is damaged
        │   ├── StoreClosed      it was asked for before the start or after the end
        │   └── StoreLost        the connection to a crawl that nodes share broke off
        ├── ChildFailed          a child process could not be started or kept alive
        └── RecordsElsewhere     folders of a crawl's nodes are on other machines

What a *URL* suffers is never an exception outside its station: it is an
:class:`~crawler.model.outcomes.Outcome` with a :class:`~crawler.model.outcomes.Kind`.
"""

EXIT_STOPPED = 130
"""The exit code of what was stopped by Ctrl-C, SIGTERM or SIGHUP, which is no error."""


class CrawlerError(Exception):
    """The root. ``str()`` is one sentence fit to be printed as it is."""

    exit_code = 3


class UsageError(CrawlerError):
    """What was asked for cannot be done as it was asked."""

    exit_code = 2


class ConfigError(UsageError):
    """A configuration key is unknown or its value is not allowed."""


class ExtractError(UsageError):
    """The user's extract function cannot be imported or cannot be sent to a child process."""


class MainGuardError(UsageError):
    """The main script starts a crawl when it is merely imported, as child processes do."""


class OutputError(UsageError):
    """The output folder cannot be used for this crawl."""


class AlreadyFinished(OutputError):
    """The crawl in the output folder is finished: its records are as old as it says."""


class OutputBusyError(OutputError):
    """Another live process is crawling into this output folder."""


class CrawlFailed(CrawlerError):
    """The crawl ended incomplete, or without any page; everything committed so far is safe."""


class SinkFailed(CrawlFailed):
    """A sink can no longer be written."""


class StoreFailed(CrawlFailed):
    """``crawl.db`` can no longer be written or read."""


class StoreClosed(StoreFailed):
    """``crawl.db`` is not open yet, or no more."""


class StoreLost(StoreFailed):
    """What this node held of a crawl that nodes share may be another's by now: it has to begin again."""


class RecordsElsewhere(CrawlFailed):
    """Records are wanted that nodes have written on other machines."""


class ChildFailed(CrawlFailed):
    """A child process did not start, or died again and again without progress."""
