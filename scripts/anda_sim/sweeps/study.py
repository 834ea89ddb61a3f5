# SPDX-License-Identifier: Apache-2.0
"""The Optuna database of a search's study: opening it, and translating its errors."""

from contextlib import contextmanager

from anda_sim.common.errors import InputError, RunError


def storage_of(path):
    import optuna
    return optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 60}})


def spare_syncs(engine):
    """Syncs the study's database to disk only at checkpoints, since a trial takes a dozen commits. A kill loses nothing; a power
    failure loses the last trials, but their simulations are in results.sqlite."""
    import sqlalchemy

    def on_connect(connection, _):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    sqlalchemy.event.listen(engine, "connect", on_connect)
    engine.dispose()


@contextmanager
def database_errors(path):
    """Turns errors of the study's database into RunError."""
    import optuna
    import sqlalchemy
    try:
        yield
    except (optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError) as error:
        cause = error.__cause__ or error
        raise RunError(f"{path}: {cause.args[0] if cause.args else cause}") from None


@contextmanager
def damage(path):
    """Turns the arbitrary exceptions of Optuna on a foreign or damaged study into InputError."""
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
