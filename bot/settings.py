"""Environment → frozen Settings, read once. What is wrong is said in one sentence, never with the token."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "TWOFOLD_"
HERE = Path(__file__).resolve().parent

KEY_BYTES = 32
"""The length of a key: AES with 256 bits."""


class Wrong(Exception):
    """The settings cannot be used. Carries one clear sentence for each thing that is wrong."""


def shipped(name: str) -> Path:
    """The folder `flows` or `content`: beside the package in a checkout, inside it in an installed wheel."""
    inside = HERE / "shipped" / name
    return inside if inside.is_dir() else HERE.parent / name


def make_folder(settings: Settings) -> None:
    """Makes the user's data folder where the database lies in it. No other folder: a slip of the pen would make one."""
    if settings.database == default_database():
        user_data_path("twofold", appauthor=False).mkdir(parents=True, exist_ok=True)


def default_database() -> str:
    """A file in the user's data folder."""
    return f"sqlite:///{user_data_path('twofold', appauthor=False) / 'twofold.sqlite3'}"


_PLAIN_BASE64 = str.maketrans("-_", "+/")


def read_keys(text: str) -> dict[str, bytes]:
    """The keys in `id:key,id:key` by their ids, in that order. Raises ValueError, with no part of a key in it."""
    keys: dict[str, bytes] = {}
    for one in filter(None, (part.strip() for part in text.split(","))):
        found = re.fullmatch(r"([0-9A-Za-z]{1,16}):([0-9A-Za-z+/_-]{43})=?", one)
        if found is None:
            raise ValueError("must look like id:key, with a comma between two; `twofold keys new` prints a good one")
        if found[1] in keys:
            raise ValueError("must not use one id for two keys")
        keys[found[1]] = base64.b64decode(found[2].translate(_PLAIN_BASE64) + "=")
    return keys


class Settings(BaseSettings):
    """Everything that differs from one copy of the bot to another. All names carry the prefix TWOFOLD_."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    token: SecretStr = SecretStr("")
    bot_api: str = "https://api.telegram.org"
    database: str = Field(default_factory=default_database)
    keys: SecretStr = SecretStr("")
    safety_keys: SecretStr = SecretStr("")
    flows: Path = Field(default_factory=lambda: shipped("flows"))
    content: Path = Field(default_factory=lambda: shipped("content"))
    webhook_url: str = ""
    webhook_port: Annotated[int, Field(ge=1, le=65535)] = 8443
    webhook_secret: SecretStr = SecretStr("")
    operator: str = ""
    household: bool | None = None
    keep_days: Annotated[int, Field(ge=1, le=3650)] = 180
    signups_per_minute: Annotated[int, Field(ge=1, le=100_000)] = 30
    authors: Annotated[tuple[int, ...], NoDecode] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @field_validator("authors", mode="before")
    @classmethod
    def _numbers(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        try:
            return tuple(int(one) for one in given.replace(",", " ").split())
        except ValueError:
            raise ValueError("must be numbers with commas between them") from None

    @field_validator("household", mode="before")
    @classmethod
    def _yes_or_no(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        said = given.strip().lower()
        if said not in ("yes", "no", ""):
            raise ValueError("must be yes or no")
        return {"yes": True, "no": False}.get(said)

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _small(cls, given: object) -> object:
        return given.strip().lower() if isinstance(given, str) else given

    @field_validator("bot_api", "webhook_url")
    @classmethod
    def _address(cls, given: str) -> str:
        if given and not re.fullmatch(r"https?://[\w.\-\[\]:]+(/\S*)?", given):
            raise ValueError("must begin with http:// or https:// and hold no blanks")
        return given.rstrip("/")

    @field_validator("database")
    @classmethod
    def _database(cls, given: str) -> str:
        if not re.match(r"(sqlite|postgresql)(\+\w+)?://", given):
            raise ValueError("must begin with sqlite:/// or postgresql://, such as sqlite:////home/me/twofold.sqlite3")
        return given

    @field_validator("keys", "safety_keys")
    @classmethod
    def _keys(cls, given: SecretStr, info: ValidationInfo) -> SecretStr:
        keys = read_keys(given.get_secret_value())
        words = info.data.get("keys")
        others = read_keys(words.get_secret_value()) if info.field_name == "safety_keys" and words is not None else {}
        if {*keys.values()} & {*others.values()}:
            raise ValueError(f"must not hold a key of {PREFIX}KEYS: safety state has keys of its own")
        return SecretStr(given.get_secret_value().strip(" ,"))

    @field_validator("flows", "content")
    @classmethod
    def _folder(cls, given: Path) -> Path:
        if not given.is_dir():
            raise ValueError(f"is wrong: there is no folder {given}")
        return given

    @field_validator("webhook_port", mode="before")
    @classmethod
    def _port(cls, given: object) -> object:
        if isinstance(given, str) and not (given.strip().isdecimal() and 1 <= int(given) <= 65535):
            raise ValueError("must be a number from 1 to 65535")
        return given

    @field_validator("token")
    @classmethod
    def _token(cls, given: SecretStr) -> SecretStr:
        number, colon, secret = given.get_secret_value().strip().partition(":")
        if given.get_secret_value().strip() and not (number.isdecimal() and colon and len(secret) >= 20):
            raise ValueError("is not a bot token; it looks like 123456:letters and digits, as @BotFather gives it")
        return SecretStr(given.get_secret_value().strip())

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, given: SecretStr) -> SecretStr:
        text = given.get_secret_value()
        if text and not (16 <= len(text) <= 256 and all(s.isascii() and (s.isalnum() or s in "_-") for s in text)):
            raise ValueError("must have 16 to 256 signs: letters, digits, _ and -")
        return given


def read_settings(**given: object) -> Settings:
    """The settings of this process. `given` values win over the environment. Raises Wrong with sentences to show."""
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        sentences = []
        for one in error.errors(include_input=False, include_url=False):
            name = PREFIX + str(one["loc"][0]).upper() if one["loc"] else PREFIX
            sentences.append(f"{name} {_said(one['msg'])}.")
        raise Wrong("\n".join(sentences)) from None


def _said(message: str) -> str:
    said = message.removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return said if said.startswith(("must", "is ", "may")) else f"is wrong: {said}"


def needs_token(settings: Settings) -> str:
    """The token. Raises Wrong where there is none."""
    token = settings.token.get_secret_value()
    if not token:
        raise Wrong(
            f"{PREFIX}TOKEN is missing. Ask @BotFather in Telegram for a token and write it into the file .env."
        )
    return token


def webhook_secret(settings: Settings) -> str:
    """The secret of the webhook, "" where updates are polled. Raises Wrong for a webhook without a secret."""
    secret = settings.webhook_secret.get_secret_value()
    if settings.webhook_url and not secret:
        raise Wrong(f"{PREFIX}WEBHOOK_SECRET is missing. A webhook needs a secret of 16 to 256 letters and digits.")
    return secret


def needs_replica(settings: Settings) -> None:
    """Raises Wrong where these settings cannot be those of one replica among others."""
    said = []
    if not settings.database.startswith("postgres"):
        said.append(
            f"Replicas share one PostgreSQL: write it into {PREFIX}DATABASE, like postgresql://user@host/name. "
            "`twofold move` brings a SQLite file there."
        )
    if not settings.webhook_url:
        said.append(
            f"Replicas are called by Telegram. Write the public https address of all of them into {PREFIX}WEBHOOK_URL."
        )
    if said:
        raise Wrong("\n".join(said))
