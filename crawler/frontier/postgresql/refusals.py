"""What is said of a PostgreSQL that cannot be used, in one sentence that names the remedy."""

import re
import socket
import ssl
from urllib.parse import urlsplit

import asyncpg

from crawler.frontier.postgresql.place import Place
from crawler.model.errors import CrawlerError, OutputError, StoreFailed

POOLED = (
    "{} is a connection pooler that gives each transaction another session, so that locks are nobody's:"
    " name the server itself, or a pool in session mode (PgBouncer: pool_mode = session)"
)
FAILURES = (
    OSError,
    EOFError,
    ValueError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What comes of a connection that cannot be made: also of a URL, or a server, that makes no sense."""
_PASSWORDS = "the password comes from PGPASSWORD or ~/.pgpass (which nobody else may read: chmod 600)"


def shown(frontier: str) -> str:
    """The URL of a database as it may be printed: without a password, wherever in it that stands."""
    hidden = re.sub(r"(?<=://)([^/@:?#]*):[^/?#]*@", r"\1:***@", frontier)
    return re.sub(r"([?&](?:password|passfile)=)[^&#]*", r"\1***", hidden)


def explain(place: Place, error: BaseException) -> CrawlerError:
    """The error that a user sees for ``error``, which a server, or the way to it, has answered.

    OutputError for what stays as it is until somebody changes it;
    StoreFailed for what may be over in a moment.
    """
    where, why = shown(place.frontier), _words(error)
    match error:
        case asyncpg.DuplicatePreparedStatementError() | asyncpg.InvalidSQLStatementNameError():
            return OutputError(POOLED.format(where))
        case asyncpg.InvalidPasswordError():
            return OutputError(f"{where} refuses the login: {why}; {_PASSWORDS}")
        case asyncpg.InvalidAuthorizationSpecificationError():
            return OutputError(f"{where} refuses the login: {why}")
        case asyncpg.InvalidCatalogNameError():
            return OutputError(f"{where}: {why}; make it with createdb, or name one that is there")
        case asyncpg.InsufficientPrivilegeError():
            return OutputError(f"{where}: {why}; its owner can allow it with GRANT")
        case asyncpg.ReadOnlySQLTransactionError():
            return OutputError(f"{where} can only be read ({why}): name the primary server")
        case asyncpg.TooManyConnectionsError():
            return StoreFailed(
                f"{where} has no connection left ({why}): start fewer nodes, or raise its max_connections"
            )
        case asyncpg.CannotConnectNowError():
            return StoreFailed(f"{where} is not ready ({why}): try again in a moment")
        case asyncpg.InterfaceError() if "password" in why.lower():
            return OutputError(f"{where} asks for a password: {_PASSWORDS}")
        case asyncpg.ClientConfigurationError() | asyncpg.UndefinedObjectError():
            return OutputError(f"{where} is not a URL that can be used: {why}")
        case socket.gaierror() | UnicodeError():
            host = urlsplit(place.frontier).hostname
            return StoreFailed(f"{where} cannot be reached: there is no host {host} ({why})")
        case TimeoutError():
            return StoreFailed(f"{where} cannot be reached: it has not answered in time")
        case ssl.SSLError():
            return StoreFailed(f"{where} cannot be reached over TLS: {why}; see its sslmode and sslrootcert")
        case ConnectionRefusedError():
            return StoreFailed(f"{where} cannot be reached: nothing listens there; is the server started?")
        case OSError() | asyncpg.InterfaceError() | asyncpg.PostgresConnectionError():
            return StoreFailed(f"{where} cannot be reached: {why}")
        case asyncpg.PostgresError():
            return StoreFailed(f"{where} cannot be used: {why}")
    return StoreFailed(f"{where} cannot be reached: what answers there is not PostgreSQL ({why})")


def _words(error: BaseException) -> str:
    """What an error says, on one line and without its number."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    first = " ".join((words or type(error).__name__).splitlines()[0].split())
    return re.sub(r"^\[Errno -?\d+\] ", "", first).rstrip(".")
