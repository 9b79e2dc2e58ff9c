"""Linking and parting, which no author writes and no transcript can begin: nobody in it is linked yet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from phones import ANA, BEN, CLEO, EVENING, couple, data_of, holding, library, linked, strangers, tap, texts

from bot.authoring.rehearsal import stage
from bot.engine.events import Arrived, Away, Link, PersonId, Refused, Returned, Tap, Words
from bot.engine.run import Person


def test_a_link_is_random_lasts_48_hours_and_names_nobody() -> None:
    bot = stage(library(), [Person(987654321, "Ana", met=True)], EVENING)
    bot.give(Words(987654321, "/link"))
    bot.give(Words(987654321, "/link"))
    first, second = bot.invites
    assert first.token != second.token
    assert first.expires == EVENING + timedelta(hours=48)
    how, forward, *_ = texts(bot, 987654321)
    assert "48 hours" in how
    assert f"?start={first.token}" in forward
    assert "987654321" not in first.token + forward
    assert len(first.token) <= 64, "a start parameter of Telegram holds 64 signs"


def test_the_text_to_forward_has_a_button_that_forwards_it() -> None:
    bot = strangers()
    bot.give(Words(ANA, "/link"))
    (button,) = [one for bubble in bot.phones[ANA] for row in bubble.message.buttons for one in row]
    assert button.url.startswith("https://t.me/share/url?") and bot.invites[0].token in button.url


def test_who_opens_a_link_reads_what_is_shared_before_anybody_hears_of_it() -> None:
    bot = strangers()
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    first, agree = texts(bot, BEN)
    assert "not for emergencies" in first and holding(bot, BEN, "More help") is not None
    assert "Ana would like to link with you here." in agree
    assert "They will see:" in agree and "They will not see: private answers" in agree
    assert "/unlink" in agree
    assert texts(bot, ANA) == []
    assert not linked(bot, ANA, BEN)


def test_both_agree_and_are_linked() -> None:
    bot = strangers()
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    texts(bot, BEN)
    tap(bot, BEN, "I agree")
    assert texts(bot, BEN) == ["Thank you. I am asking Ana to confirm that it is you."]
    assert texts(bot, ANA) == ["Ben opened your link. Is this your partner?"]
    assert not linked(bot, ANA, BEN)
    bot.restart()
    tap(bot, ANA, "Yes, this is Ben")
    assert linked(bot, ANA, BEN)
    assert texts(bot, ANA) == ["You and Ben are linked. Everything for two is open to you both now."]
    assert texts(bot, BEN) == ["You and Ana are linked. Everything for two is open to you both now."]


def test_no_thanks_is_heard_by_nobody_else() -> None:
    bot = strangers()
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    texts(bot, BEN)
    tap(bot, BEN, "No, thanks")
    assert texts(bot, BEN) == ["You are not linked."]
    assert texts(bot, ANA) == []


def test_the_inviter_may_say_that_this_is_somebody_else() -> None:
    bot = strangers()
    bot.give(Arrived(CLEO, Link.GOOD, ANA))
    tap(bot, CLEO, "I agree")
    texts(bot, CLEO)
    texts(bot, ANA)
    tap(bot, ANA, "No")
    assert texts(bot, ANA) == texts(bot, CLEO) == ["You are not linked."]
    assert not linked(bot, ANA, CLEO)


def test_agreeing_twice_or_late_changes_nothing() -> None:
    bot = strangers()
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    agree = data_of(bot, BEN, "I agree")
    bot.give(Tap(BEN, agree))
    assert isinstance(bot.give(Tap(BEN, agree)), Refused)
    tap(bot, ANA, "No")
    before = bot.world
    assert isinstance(bot.give(Tap(BEN, agree)), Refused)
    assert bot.world is before


def test_an_old_yes_does_not_admit_somebody_who_came_later() -> None:
    """Ben and Cleo both opened Ana's link; her “Yes, this is Ben” must never link her with Cleo."""
    bot = strangers()
    for person in (BEN, CLEO):
        bot.give(Arrived(person, Link.GOOD, ANA))
    tap(bot, BEN, "I agree")
    yes = data_of(bot, ANA, "Yes, this is Ben")
    tap(bot, CLEO, "I agree")
    bot.give(Tap(ANA, yes))
    assert not linked(bot, ANA, CLEO)


def test_a_stranger_cannot_admit_themselves() -> None:
    bot = strangers()
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    for data in (f"k:m:{ANA}:y", f"k:m:{BEN}:y", "k:y", "k::y", f"k:a:{CLEO}:y"):
        assert isinstance(bot.give(Tap(BEN, data)), Refused), data
    assert isinstance(bot.give(Tap(CLEO, f"k:a:{ANA}:y")), Refused)
    assert bot.world.people[ANA].partner is None


def test_other_questions_in_between_do_not_lose_the_one_who_knocks() -> None:
    bot = strangers()
    bot.give(Arrived(BEN, Link.GOOD, ANA))
    tap(bot, BEN, "I agree")
    for words in ("/settings", "/help", "/menu"):
        bot.give(Words(ANA, words))
    bot.give(Words(ANA, "/settings"))
    tap(bot, ANA, "Name")
    bot.give(Words(ANA, "Annie"))
    tap(bot, ANA, "Time zone")
    bot.give(Words(ANA, "berlin"))
    assert tap(bot, ANA, "Yes, this is Ben") is None
    assert linked(bot, ANA, BEN)


@pytest.mark.parametrize(
    ("opened", "words"),
    [
        (Link.UNKNOWN, "I do not know this link. Please ask for a new one."),
        (Link.USED, "This link was used already. Please ask for a new one."),
        (Link.EXPIRED, "This link is older than 48 hours. Please ask for a new one."),
    ],
)
def test_a_link_that_is_no_good_says_what_to_do(opened: Link, words: str) -> None:
    bot = strangers()
    bot.give(Arrived(CLEO, opened))
    assert texts(bot, CLEO) == [words]
    assert bot.world.people[CLEO].pending is None


def test_ones_own_link() -> None:
    bot = strangers()
    bot.give(Arrived(ANA, Link.GOOD, ANA))
    assert texts(bot, ANA) == ["This is your own link. Forward it to your partner."]


def test_one_partner_at_a_time() -> None:
    bot = couple()
    bot.give(Arrived(BEN, Link.GOOD, CLEO))
    assert texts(bot, BEN) == ["You are already linked with a partner. To link with somebody new, send /unlink first."]
    bot.give(Arrived(CLEO, Link.GOOD, ANA))
    assert texts(bot, CLEO) == ["This link was used already. Please ask for a new one."]
    bot.give(Words(ANA, "/link"))
    assert texts(bot, ANA) == ["You are linked with Ben. To link with somebody new, unlink first."]
    assert bot.invites == []
    assert linked(bot, ANA, BEN)


def test_agreeing_to_somebody_who_has_found_a_partner_meanwhile() -> None:
    bot = strangers()
    for person in (BEN, CLEO):
        bot.give(Arrived(person, Link.GOOD, ANA))
    tap(bot, BEN, "I agree")
    tap(bot, ANA, "Yes, this is Ben")
    texts(bot, CLEO)
    tap(bot, CLEO, "I agree")
    assert texts(bot, CLEO) == ["This invitation is no longer open."]
    assert linked(bot, ANA, BEN)
    assert bot.world.people[CLEO].pending is None


UNLINKED = """You are no longer linked. You can go on alone, and link again after ten minutes.

What you shared is deleted here. What was shown already stays in Telegram on both phones."""

HEARD = timedelta(minutes=8)
"""By then the other one has read that somebody left."""


@pytest.mark.parametrize("by", [ANA, BEN])
def test_either_side_ends_the_link_and_the_other_hears_of_it_some_minutes_later(by: PersonId) -> None:
    bot = couple()
    other = BEN if by == ANA else ANA
    bot.give(Words(by, "/unlink"))
    assert texts(bot, by) == [UNLINKED]
    bot.pass_time(timedelta(minutes=2))
    assert texts(bot, other) == [] and bot.world.people[other].partner == by
    bot.give(Words(by, "/talk_in_turns"))
    assert texts(bot, by) == ["This one is for two. Link with your partner first, then you can both take part."]
    bot.pass_time(HEARD)
    assert texts(bot, other) == [
        "You and your partner are no longer linked here. You can go on alone, or link again at any time."
    ]
    assert bot.world.people[ANA].partner is None and bot.world.people[BEN].partner is None
    bot.give(Words(by, "/unlink"))
    assert texts(bot, by) == ["You are not linked with anybody."]
    assert texts(bot, other) == []


def test_after_unlinking_the_partner_has_no_name_and_flows_for_two_are_closed() -> None:
    bot = couple()
    bot.give(Words(BEN, "/unlink"))
    bot.pass_time(HEARD)
    texts(bot, ANA)
    bot.give(Words(ANA, "/check_in"))
    (question,) = texts(bot, ANA)
    assert "your partner" in question and "Ben" not in question
    bot.give(Words(ANA, "/talk_in_turns"))
    assert texts(bot, ANA) == ["This one is for two. Link with your partner first, then you can both take part."]
    assert texts(bot, BEN) == [UNLINKED]


def test_after_unlinking_they_can_link_again_or_with_others() -> None:
    bot = couple()
    bot.give(Words(BEN, "/unlink"))
    bot.give(Arrived(BEN, Link.GOOD, CLEO))
    assert texts(bot, BEN) == [UNLINKED, "Please try this again in ten minutes."]
    bot.pass_time(HEARD)
    bot.give(Arrived(ANA, Link.GOOD, CLEO))
    tap(bot, ANA, "I agree")
    tap(bot, CLEO, "Yes, this is Ana")
    assert linked(bot, ANA, CLEO)
    assert bot.world.people[BEN].partner is None


def test_unlinking_in_a_talk_takes_the_other_to_the_ending_for_one() -> None:
    bot = couple()
    bot.give(Words(ANA, "/talk_in_turns"))
    texts(bot, ANA)
    texts(bot, BEN)
    bot.give(Words(BEN, "/unlink"))
    assert texts(bot, ANA) == []
    bot.pass_time(HEARD)
    soft, body = texts(bot, ANA)
    assert soft == "We stop here for now, Ana. That is all right."
    assert body == "What would be kind to your body in the next ten minutes?"
    assert texts(bot, BEN) == [UNLINKED]
    assert bot.world.people[ANA].partner is None and bot.world.people[BEN].partner is None


def test_whoever_left_and_comes_back_finds_an_empty_table() -> None:
    bot = couple()
    bot.give(Words(ANA, "/time_out"))
    tap(bot, ANA, "Twenty minutes")
    texts(bot, BEN)
    bot.give(Away(BEN))
    assert bot.world.people[BEN].away
    bot.pass_time(HEARD)
    assert all(BEN not in run.cast for run in bot.world.runs.values())
    bot.pass_time(timedelta(days=2))
    assert texts(bot, BEN) == []
    bot.give(Returned(BEN))
    assert texts(bot, BEN) == []
    bot.give(Words(BEN, "/stop"))
    assert texts(bot, BEN) == ["Nothing is running now."]
    assert linked(bot, ANA, BEN)
