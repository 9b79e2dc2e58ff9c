"""The files for servers name what there is: commands, settings, folders, ports. They cannot be run here."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from bot.__main__ import app
from bot.process import HOOK, WRONG_SETTINGS
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
README = (DEPLOY / "README.md").read_text(encoding="utf-8")


def lines(name: str) -> list[str]:
    return [line.strip() for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines()]


def is_a_command(*words: str) -> bool:
    return CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


def is_a_setting(name: str) -> bool:
    return name.removeprefix(PREFIX).lower() in Settings.model_fields


def test_the_test_of_a_command_is_one() -> None:
    assert is_a_command("run", "--replica") and is_a_command("move") and not is_a_command("dance")


def test_compose_starts_commands_that_exist_with_settings_that_exist() -> None:
    services = COMPOSE["services"]
    assert set(services) == {"database", "migrate", "replica", "proxy"}
    for name in ("migrate", "replica"):
        assert is_a_command(*services[name]["command"])
        assert all(map(is_a_setting, services[name]["environment"]))
    replica = services["replica"]
    assert replica["command"] == ["run", "--replica"] and replica["deploy"]["replicas"] == 2
    assert replica["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert replica["stop_grace_period"] == "10s"
    wanted = {"WEBHOOK_URL", "WEBHOOK_SECRET", "DATABASE", "TOKEN", "KEYS", "SAFETY_KEYS", "OPERATOR"}
    assert {PREFIX + name for name in wanted} <= set(replica["environment"])
    build = replica["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT and (ROOT / build["dockerfile"]).is_file()


def test_every_name_that_compose_wants_is_in_the_readme() -> None:
    wanted = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    assert wanted == set(re.findall(r"^(\w+)=", README, re.MULTILINE))


def test_the_proxy_calls_the_replicas_where_they_listen() -> None:
    caddy = " ".join(lines("Caddyfile"))
    port = Settings.model_fields["webhook_port"].default
    assert f"dynamic a replica {port}" in caddy and f"handle {HOOK} {{" in caddy
    assert caddy.count("{") == caddy.count("}")
    assert "./Caddyfile:/etc/caddy/Caddyfile:ro" in COMPOSE["services"]["proxy"]["volumes"]


def test_the_image_is_made_of_what_is_there() -> None:
    copied = [line.split()[1:-1] for line in lines("Containerfile") if line.startswith("COPY") and "--from" not in line]
    assert copied and all((ROOT / name).exists() for names in copied for name in names)
    assert 'ENTRYPOINT ["twofold"]' in lines("Containerfile") and 'CMD ["run"]' in lines("Containerfile")
    assert {"flows", "content"} <= {name for names in copied for name in names}


def test_the_unit_starts_the_bot_and_gives_it_time_to_stop() -> None:
    assignments = [line.partition("=") for line in lines("twofold.service") if "=" in line and not line.startswith("#")]
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(DEPLOY / "twofold.service", encoding="utf-8")
    service = parser["Service"]
    program, *words = service["ExecStart"].split()
    assert Path(program).name == "twofold" and is_a_command(*words)
    given = [value.partition("=")[0] for name, _, value in assignments if name == "Environment"]
    assert given and all(map(is_a_setting, given))
    assert service["RestartPreventExitStatus"] == str(WRONG_SETTINGS) and service["TimeoutStopSec"] == "10"


@pytest.mark.parametrize("command", re.findall(r"^(?:docker compose run --rm |twofold )(\w+)", README, re.MULTILINE))
def test_the_readme_names_commands_that_exist(command: str) -> None:
    assert is_a_command(command)
