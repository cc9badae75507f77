"""A verdict in words: two sentences for everybody, then the details for those who doubt them; and what models took."""

from __future__ import annotations

from collections.abc import Mapping

from alphaloss.exchanges import Use
from alphaloss.verdict import BEST_OF_ZOO, CHAMPION, Claim, Comparison, Verdict, early_stopped
from alphaloss.wording import best_at_the_end, number

_SHARES = frozenset(
    {"accuracy", "balanced-accuracy", "macro-f1", "top-5"}
)  # metrics whose hundredths are called points


def use_sentence(use: Use) -> str:
    """What language models took so far, without a full stop."""
    replies = ", ".join(f"{count} {reply.value.replace('_', ' ')}" for reply, count in use.replies.items())
    about = "about " if use.estimated else ""
    cost = "" if use.usd is None else f", {about}{use.usd:.4f} US dollars"
    if cost and use.unpriced:
        priced = use.calls - use.unpriced
        cost += f" of {priced} call{'s' * (priced != 1)}; the others have no price"
    return (
        f"{use.calls} call{'s' * (use.calls != 1)} ({replies or 'none yet'}), {about}{use.prompt_tokens:,} tokens of "
        f"prompts and {use.completion_tokens:,} of answers{cost}"
    )


def verdict_sentences(
    verdict: Verdict, *, task: str, metric: str, best_of_zoo: str, learning_rates: Mapping[float, float | None]
) -> list[str]:
    """What the test data allows to say, for this task.

    Args:
        verdict: of the run.
        task: its name.
        metric: its name.
        best_of_zoo: name of the best loss of the zoo.
        learning_rates: validation score of the reference by the factor on its learning rate.

    Returns:
        The verdict in two sentences, then the details.
    """
    words = _Words(metric in _SHARES, verdict.reference, best_of_zoo)
    if not verdict.claims:
        return [f"No better loss was found: {_why_no_claims(verdict)}.", *_tuned(verdict, learning_rates, words)]
    missing = words.names.keys() - {claim.against for claim in verdict.claims}
    return [
        _findings(verdict, task, words),
        _conditions(verdict),
        *(f"Nothing can be said about {words.names[label]}: a training of it failed." for label in sorted(missing)),
        *_tuned(verdict, learning_rates, words),
        *_method(verdict, words),
    ]


class _Words:
    """How differences and references are written."""

    def __init__(self, share: bool, reference: str, best_of_zoo: str) -> None:
        self.share = share
        self.names = {
            reference: reference,
            early_stopped(reference): f"{reference} stopped early",
            BEST_OF_ZOO: f"the best of the zoo, {best_of_zoo}",
        }

    def number(self, value: float, *, sign: str = "") -> str:
        """A difference, in hundredths if it is one of shares."""
        return f"{100 * value:{sign}.1f}" if self.share else number(value, sign=sign)

    def difference(self, found: Comparison, *, unit: bool) -> str:
        """With its interval; the unit only where it is asked for."""
        points = " points" if unit and self.share else ""
        mean = self.number(found.difference, sign="+")
        return f"{mean}{points} [{self.number(found.low)}, {self.number(found.high)}]"


def _findings(verdict: Verdict, task: str, words: _Words) -> str:
    """The first sentence: the claims by what became of them, the one of the reference first."""
    groups: dict[str, list[Claim]] = {}
    for claim in verdict.claims:
        groups.setdefault(_relation(claim), []).append(claim)
    parts = []
    for relation, claims in groups.items():
        texts = [
            f"than {words.names[claim.against]} ({words.difference(claim, unit=claim is verdict.claims[0])})"
            for claim in claims
        ]
        last = " or " if relation.startswith("not") else " and "
        parts.append(f"{relation} {last.join(filter(None, [', '.join(texts[:-1]), texts[-1]]))}")
    found = ", but ".join([parts[0], " and ".join(parts[1:])] if parts[1:] else parts)
    if any(claim.detectable is None for claim in verdict.claims):
        lead = f"No verdict, because {verdict.seeds} seeds are too few for one: on"
    else:
        tested = any(claim.against == verdict.reference for claim in verdict.claims)
        lead = "No better loss was found: on" if tested and not verdict.better else "On"
    return f"{lead} {task} the champion is {found}."


def _relation(claim: Claim) -> str:
    return "better" if claim.holds else "worse" if claim.high < 0 else "not shown to be better"


def _conditions(verdict: Verdict) -> str:
    """The second sentence: how sure, on what, and where it holds."""
    held = [claim.holds for claim in verdict.claims]
    tested = "All three at 95 %" if all(held) and len(held) == 3 else "Three claims, tested together at 5 %"
    return (
        f"{tested}, on {verdict.seeds} new seeds and test data opened for this alone; this holds for this task."
        if any(held)
        else f"{tested}, on {verdict.seeds} new seeds and test data opened for this alone."
    )


def _tuned(verdict: Verdict, learning_rates: Mapping[float, float | None], words: _Words) -> list[str]:
    """What another learning rate does for the reference; it is no claim."""
    scale = verdict.learning_rate_scale
    others = [rate for rate in learning_rates if rate != 1.0]
    if not others:
        return []
    if scale == 1.0:
        tried = ", ".join(f"x {rate:g}" for rate in sorted(others))
        return [f"No other learning rate was better for {verdict.reference} on validation data ({tried})."]
    sentences = []
    if verdict.tuned is not None:
        sentences.append(
            f"{verdict.reference.capitalize()} at the best learning rate tried (x {scale:g}): the champion is at "
            f"{words.difference(verdict.tuned, unit=True)}; descriptive, not one of the claims."
        )
    if end := best_at_the_end(scale, learning_rates):
        sentences.append(end)
    return sentences


def _method(verdict: Verdict, words: _Words) -> list[str]:
    sentences = [
        f"Differences are positive where the champion is better; intervals of {verdict.confidence:.0%}: bootstrap over "
        "seeds and test samples. Better: also by a t test over both, after Holm's correction for three claims at 5 %."
    ]
    unit = " points" if words.share else ""
    detectable = [
        f"{words.number(claim.detectable)}{unit} to {words.names[claim.against]}"
        for claim in verdict.claims
        if claim.detectable is not None
    ]
    if detectable:
        sentences.append(f"Differences that this test finds with 80 % probability: {'; '.join(detectable)}.")
    return sentences


def _why_no_claims(verdict: Verdict) -> str:
    champion = next(line for line in verdict.scores if line.label == CHAMPION)
    if champion.failed:
        return f"{champion.failed} of the champion's {verdict.seeds} trainings for the test failed"
    return "a training of every reference failed, so that there is nothing to compare with"
