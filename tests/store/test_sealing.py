"""Words at rest are sealed: nothing readable on the disk, nothing opens in another row or with another key."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from databases import Postgres, couple
from locksmith import key, keys
from moments import NOON
from sqlalchemy import Connection, Text, text

from bot.engine.events import Attached, Edit, Message, Relay, Remember, Send
from bot.engine.flow import Share
from bot.engine.run import Answer, Form, Life, Run, World
from bot.engine.saved import Damaged, load_message
from bot.store import numbers, outbox, safety
from bot.store.database import Database, open_database
from bot.store.schema import WORDS, meta, people, runs, tables
from bot.store.schema import safety as safety_table
from bot.store.sealing import READABLE, Keys, Ring, carrying, make_ring
from bot.store.worlds import load_world, person_of, save_world

RING = make_ring({"a": key("a"), "b": key("b")})


@pytest.fixture
def sealed(database_url: str) -> Iterator[Database]:
    """A new database, opened with two keys."""
    opened = open_database(database_url, keys("a", "b"))
    yield opened
    opened.close()


def _answered(conn: Connection, words: str, name: str = "Ann", media: str = "AgACmedia") -> tuple[int, int]:
    """A couple with a run that holds words and a media id, a message to each, a number and a safety state."""
    ann, ben = couple(conn)
    before = load_world(conn, ann)
    given = {
        "ask": {ann: Answer(Form.WORDS, words, Share.PRIVATE, Life.SEALED, 1)},
        "show": {ben: Answer(Form.PHOTO, media, Share.PRIVATE, Life.SEALED, 2)},
    }
    run = Run("r1", "warm_up", "s1", (ann, ben), "ask", NOON, NOON, seed=7, answers=given)
    named = {**before.people, ann: replace(before.people[ann], name=name)}
    save_world(conn, before, World(named, {"r1": run}))
    letters: list[tuple[str, Send | Edit]] = [
        ("k1", Send(ann, Message(words, media=Relay(Attached.PHOTO, media)))),
        ("k2", Edit(ben, "q", Message(f"{name}: {words}"))),
        ("k3", Edit(ben, "q", None)),
    ]
    outbox.put(conn, letters, NOON)
    numbers.remember(conn, [Remember(ann, "mood", "rate", 7, NOON)])
    safety.save(conn, ann, f'{{"said":"{words}"}}', NOON)
    return ann, ben


def _all_stored(conn: Connection) -> list[str]:
    places = ("people.state", "runs.state", "outbox.payload", "numbers.value", "safety.state")
    split = [place.split(".") for place in places]
    return [value for table, column in split for value in conn.execute(text(f"SELECT {column} FROM {table}")).scalars()]


# --- one value --------------------------------------------------------------------------------------------------------


def test_a_sealed_value_opens_in_its_row_and_looks_different_each_time() -> None:
    first, second = (RING.sealed(people.c.state, "we \U0001f49b words") for _ in range(2))
    assert first["state"].startswith("k1.a.") and first["state"] != second["state"]
    assert len(bytes.fromhex(first["seal"])) == 16 and first["seal"] != second["seal"]
    for row in (first, second):
        assert RING.opened(people.c.state, 1, row["seal"], row["state"]) == "we \U0001f49b words"


def test_a_value_under_an_older_key_opens() -> None:
    row = make_ring({"b": key("b")}).sealed(people.c.state, "words")
    assert RING.opened(people.c.state, 1, row["seal"], row["state"]) == "words"


def test_without_keys_and_without_words_nothing_is_sealed() -> None:
    assert Ring().sealed(people.c.state, "words")["state"] == "words"
    assert RING.sealed(people.c.state, "")["state"] == ""
    assert RING.opened(people.c.state, 1, "", '{"format":1}') == '{"format":1}'


def _flipped(row: dict[str, str]) -> dict[str, str]:
    at = len(row["state"]) // 2
    other = "A" if row["state"][at] != "A" else "B"
    return {**row, "state": row["state"][:at] + other + row["state"][at + 1 :]}


SPOILT: dict[str, Any] = {
    "another row": lambda row: {**row, "seal": "0" * 32},
    "a sign changed": _flipped,
    "the key's name changed": lambda row: {**row, "state": row["state"].replace("k1.a.", "k1.b.")},
    "a key that is not here": lambda row: {**row, "state": row["state"].replace("k1.a.", "k1.c.")},
    "cut off": lambda row: {**row, "state": row["state"][:12]},
    "nothing in it": lambda row: {**row, "state": "k1.a."},
    "no key": lambda row: {**row, "state": "k1."},
    "no base64": lambda row: {**row, "state": "k1.a.ä€"},
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_spoilt_value_is_damaged_and_the_log_names_its_row(spoil: Any) -> None:
    row = spoil(RING.sealed(people.c.state, "so tired"))
    with structlog.testing.capture_logs() as logs, pytest.raises(Damaged) as damaged:
        RING.opened(people.c.state, 17, row["seal"], row["state"])
    (line,) = logs
    assert (line["event"], line["table"], line["row"]) == ("row_not_opened", "people", 17)
    assert "tired" not in f"{line}" + "".join(traceback.format_exception(damaged.value))


def test_a_value_does_not_open_in_another_table_or_column() -> None:
    row = RING.sealed(people.c.state, "words")
    for column in (runs.c.state, meta.c.value):
        with pytest.raises(Damaged):
            RING.opened(column, 1, row["seal"], row["state"])


def test_another_key_under_the_same_name_opens_nothing() -> None:
    row = make_ring({"a": key("other")}).sealed(people.c.state, "words")
    with pytest.raises(Damaged):
        RING.opened(people.c.state, 1, row["seal"], row["state"])


def test_keys_are_shown_nowhere() -> None:
    shown = f"{keys('a')!r} {RING} {vars(type(RING.ciphers['a']))}"
    assert key("a").hex() not in shown and str(key("a")) not in shown


WORDLESS = {"id", "key", "hash", "seal", "status", "reason", "kind", "tag", "name"}
"""Columns of text with ids and codes of ours, wherever they stand; a `reason` quotes nobody (see below)."""

OURS = {"flow", "step", "structure", "wording", "source"}
"""What therapists wrote, and the names they gave."""


def test_every_column_of_text_is_sealed_or_known_to_hold_no_words() -> None:
    """Whoever adds a column for words must add it to WORDS too, or `keys rotate` would pass it by."""
    found = {
        f"{table.name}.{column.name}"
        for table in tables.sorted_tables
        for column in table.columns
        if isinstance(column.type, Text) and column.name not in WORDLESS | OURS
    }
    assert found == {str(column) for column in (*WORDS, safety_table.c.state, meta.c.value)}
    assert all("seal" in column.table.c for column in WORDS)


# --- in the tables ----------------------------------------------------------------------------------------------------


def test_every_column_with_words_is_sealed_and_comes_back(sealed: Database) -> None:
    with sealed.engine.begin() as conn:
        ann, ben = _answered(conn, "the long goodbye", "Annika")
        stored = _all_stored(conn)
        assert len(stored) == 8 and stored.count("") == 1  # a strip has no words
        assert all(value.startswith(("k1.a.", "k1.s.")) for value in stored if value)
        world = load_world(conn, ben)
        assert world.people[ann].name == "Annika"
        assert world.runs["r1"].answers["ask"][ann].value == "the long goodbye"
        row = outbox.claim(conn, ann, NOON)
        assert row is not None and load_message(row.payload).text == "the long goodbye"
        assert numbers.last_days(conn, ann, "mood", "rate", NOON) == [(NOON, 7)]
        assert safety.load(conn, [ann, ben]) == {ann: '{"said":"the long goodbye"}'}
        outbox.sent(conn, row, 1, False, NOON, None)
        assert conn.execute(text("SELECT payload FROM outbox WHERE key = 'k1'")).scalar() == ""


def test_a_number_does_not_show_by_its_length(sealed: Database) -> None:
    with sealed.engine.begin() as conn:
        ann, _ = couple(conn)
        numbers.remember(conn, [Remember(ann, "mood", "rate", value, NOON) for value in (1, 10, -5, 100)])
        lengths = {len(value) for value in conn.execute(text("SELECT value FROM numbers")).scalars()}
        assert len(lengths) == 1
        assert [value for _, value in numbers.last_days(conn, ann, "mood", "rate", NOON)] == [1, 10, -5, 100]


def _found(folder: Path, words: str) -> list[str]:
    """The files in which these words can be read."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    return [file.name for file in files if words.encode() in file.read_bytes()]


@pytest.mark.parametrize("kept", [keys("a"), READABLE], ids=["sealed", "readable"])
def test_nothing_can_be_read_in_the_file(sqlite_url: str, tmp_path: Path, kept: Keys) -> None:
    """Without keys the same search finds all of it: then the search is good."""
    database = open_database(sqlite_url, kept)
    with database.engine.begin() as conn:
        _answered(conn, "the long goodbye", "Annika", "AgACmediaid")
    assert (tmp_path / "bot.db-wal").stat().st_size > 0
    for words in ("the long goodbye", "Annika", "AgACmediaid"):
        assert bool(_found(tmp_path, words)) == (kept is READABLE), words
    database.close()
    for words in ("the long goodbye", "Annika", "AgACmediaid"):
        assert bool(_found(tmp_path, words)) == (kept is READABLE), words


@pytest.mark.parametrize("kept", [keys("a"), READABLE], ids=["sealed", "readable"])
def test_nothing_can_be_read_in_the_files_of_the_server(postgres: Postgres, postgres_url: str, kept: Keys) -> None:
    planted = [f"{words}{'sealed' if kept is not READABLE else 'readable'}" for words in ("goodbye", "Annika", "AgAC")]
    database = open_database(postgres_url, kept)
    with database.engine.begin() as conn:
        _answered(conn, *planted)
    database.close()
    postgres.say("postgres", "CHECKPOINT")
    for words in planted:
        assert bool(_found(postgres.folder, words)) == (kept is READABLE), words


def test_a_value_that_was_copied_to_another_row_does_not_open(sealed: Database) -> None:
    with sealed.engine.begin() as conn:
        ann, ben = couple(conn)
        state = conn.execute(text("SELECT state FROM people WHERE id = :id"), {"id": ben}).scalar_one()
        conn.execute(text("UPDATE people SET state = :state WHERE id = :id"), {"state": state, "id": ann})
        with pytest.raises(Damaged):
            load_world(conn, ben)


def test_a_number_of_another_row_does_not_open(sealed: Database) -> None:
    with sealed.engine.begin() as conn:
        ann, _ = couple(conn)
        numbers.remember(conn, [Remember(ann, "mood", "rate", value, NOON) for value in (1, 10)])
        conn.execute(text("UPDATE numbers SET value = (SELECT value FROM numbers WHERE id = 1)"))
        with pytest.raises(Damaged):
            numbers.last_days(conn, ann, "mood", "rate", NOON)


@pytest.mark.parametrize("theirs", [keys("c"), READABLE], ids=["other", "none"])
def test_without_the_right_keys_a_world_is_damaged(sealed: Database, theirs: Keys) -> None:
    with sealed.engine.begin() as conn:
        ann, _ = _answered(conn, "words")
    with sealed.engine.execution_options(**carrying(theirs)).begin() as conn:
        with pytest.raises(Damaged, match="unknown key"):
            load_world(conn, ann)
        assert person_of(conn, 101, "Ann", "en", NOON) == ann  # she can still be told


def test_what_was_kept_before_there_were_keys_is_read_and_sealed_when_it_changes(database_url: str) -> None:
    before = open_database(database_url)
    with before.engine.begin() as conn:
        ann, ben = _answered(conn, "from before")
    before.close()
    database = open_database(database_url, keys("a"))
    with database.engine.begin() as conn:
        world = load_world(conn, ann)
        assert world.runs["r1"].answers["ask"][ann].value == "from before"
        assert numbers.last_days(conn, ann, "mood", "rate", NOON) == [(NOON, 7)]
        assert safety.load(conn, [ann]) == {ann: '{"said":"from before"}'}
        save_world(conn, world, replace(world, runs={"r1": replace(world.runs["r1"], step="next")}))
        assert conn.execute(text("SELECT state FROM runs")).scalar_one().startswith("k1.a.")
        assert load_world(conn, ben).runs["r1"].step == "next"
        assert person_of(conn, 101, "Ann", "en", NOON) == ann
    database.close()


def test_a_message_that_does_not_open_is_put_aside_and_the_next_one_taken(sealed: Database) -> None:
    with sealed.engine.begin() as conn:
        ann, _ = couple(conn)
        outbox.put(conn, [(name, Send(ann, Message(name))) for name in ("one", "two", "three")], NOON)
        conn.execute(text("UPDATE outbox SET seal = '' WHERE key <> 'three'"))
        row = outbox.claim(conn, ann, NOON)
        assert row is not None and load_message(row.payload).text == "three"
        outbox.sent(conn, row, 1, False, NOON, None)
        assert outbox.claim(conn, ann, NOON) is None
        left = conn.execute(text("SELECT status, reason, payload, lease FROM outbox ORDER BY id")).all()
        assert [tuple(one) for one in left[:2]] == [("quarantined", "damaged", "", 0)] * 2
        assert left[2].status == "sent"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Bad Request: message can't be edited", "Bad Request: message can't be edited"),
        ("Bad Request: can't parse \"I am so tired\": it's wrong", "Bad Request: can't parse"),
        ("Bad Request: button 'I am so tired' is wrong", "Bad Request: button"),
        ("“I am so tired”", ""),
        ("x" * 1000, "x" * 200),
    ],
)
def test_a_reason_quotes_nobody(database: Database, said: str, kept: str) -> None:
    with database.engine.begin() as conn:
        ann, _ = couple(conn)
        outbox.put(conn, [("k", Send(ann, Message("I am so tired")))], NOON)
        row = outbox.claim(conn, ann, NOON)
        assert row is not None
        outbox.quarantine(conn, row, said, NOON)
        assert conn.execute(text("SELECT reason FROM outbox")).scalar() == kept
