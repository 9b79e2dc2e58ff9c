"""A copy with keys keeps nothing readable, works on after a kill, and does not begin without its keys."""

from __future__ import annotations

from locksmith import written
from telegram_server import TelegramServer

from .phone import PATIENCE
from .process import Copy
from .stored import readable


async def test_with_keys_nothing_is_readable_and_without_them_it_does_not_begin(
    server: TelegramServer, bot: Copy
) -> None:
    person = server.person("Annikatharina")
    bot.settings |= {"KEYS": written("a"), "SAFETY_KEYS": written("s")}
    await bot.start()
    await person.send("/start")
    await person.sees("Annikatharina", PATIENCE)
    await bot.kill()
    assert (bot.folder / "twofold.sqlite3-wal").stat().st_size > 0 and readable(bot, "Annikatharina") == []
    assert bot.rows("SELECT count(*) FROM people WHERE state LIKE 'k1.a.%'") == [(1,)]
    assert "not_sealed" not in bot.said

    without = {name: value for name, value in bot.settings.items() if name != "KEYS"}
    ended = await Copy(bot.folder, **without).run()
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "sealed under the key a, which TWOFOLD_KEYS does not hold" in ended.err

    bot.settings["KEYS"] = written("b", "a")
    ended = await bot.run("keys", "rotate")
    assert ended.code == 0 and "people   1 sealed" in ended.out
    bot.settings["KEYS"] = written("b")
    await bot.start()
    await person.send("/menu")
    await person.sees("What would help now?", PATIENCE)
    assert await bot.stop() == 0
    assert bot.rows("SELECT count(*) FROM inbox WHERE status <> 'ok'") == [(0,)]
    assert not any(written(name).partition(":")[2] in bot.said for name in "abs")


async def test_a_copy_without_keys_says_so_once_when_it_starts(server: TelegramServer, bot: Copy) -> None:
    person = server.person("Annikatharina")
    await bot.start()
    await person.send("/start")
    await person.sees("Annikatharina", PATIENCE)
    await bot.says("not_sealed")
    await bot.kill()
    assert bot.said.count("words are stored readable (no TWOFOLD_KEYS, no TWOFOLD_SAFETY_KEYS)") == 1
    assert readable(bot, "Annikatharina") != []
