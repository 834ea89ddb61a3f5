# SPDX-License-Identifier: Apache-2.0
"""The database of a search's study, as Optuna keeps it: how it is opened, and what its errors mean."""

from contextlib import contextmanager

from anda_sim.common.errors import InputError, RunError


def storage_of(path):
    import optuna
    return optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 60}})


def spare_syncs(engine):
    """Lets the study's database wait for the disk at checkpoints only: it has a dozen commits a trial. A kill loses nothing, a power
    failure the last trials, whose simulations results.sqlite has kept."""
    import sqlalchemy

    def on_connect(connection, _):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    sqlalchemy.event.listen(engine, "connect", on_connect)
    engine.dispose()


@contextmanager
def database_errors(path):
    """What goes wrong with the study's database becomes a RunError."""
    import optuna
    import sqlalchemy
    try:
        yield
    except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError) as error:
        cause = error.__cause__ or error
        raise RunError(f"{path}: {cause.args[0] if cause.args else cause}") from None


@contextmanager
def damage(path):
    """What Optuna raises over a study that something else has written, which can be anything, becomes an InputError."""
    import optuna
    import sqlalchemy
    try:
        yield
    except (InputError, RunError, OSError, optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError):
        raise
    except Exception as error:
        what = str(error).strip().partition("\n")[0][:200]
        raise InputError(f"{path}: is damaged, or of another version of Optuna ({type(error).__name__}: {what}); delete it, or choose "
                         "another folder with --out") from None
